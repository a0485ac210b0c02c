"""Clones a repository, adds a commit on a branch of its own, pushes it, fetches it again and deletes the branch `doomed`.

Arguments: library, address, user, token, private key, working folder. Prints the id of the commit that it pushed.
"""
import io
import os
import sys

library, url, user, token, key, work = sys.argv[1:7]
over_ssh = url.startswith("ssh:")


def with_dulwich():
    from dulwich import porcelain
    from dulwich.repo import Repo

    # Over SSH dulwich starts the ssh program that GIT_SSH_COMMAND names.
    auth = {} if over_ssh else {"username": user, "password": token}
    quiet = {"errstream": io.BytesIO()}
    porcelain.clone(url, work, **quiet, **auth)
    repo = Repo(work)
    assert repo.refs[b"refs/tags/v1"], "tags come along"
    porcelain.branch_create(repo, library)
    porcelain.checkout(repo, library)
    with open(os.path.join(work, "made-by.txt"), "w") as file:
        file.write(library)
    porcelain.add(repo, [os.path.join(work, "made-by.txt")])
    name = b"Alice <alice@example.org>"
    commit = porcelain.commit(repo, message=b"By dulwich", author=name, committer=name)
    porcelain.push(repo, url, ["refs/heads/%s:refs/heads/%s" % (library, library)], outstream=io.BytesIO(), **quiet, **auth)
    porcelain.push(repo, url, [":refs/heads/doomed"], outstream=io.BytesIO(), **quiet, **auth)
    fetched = porcelain.fetch(repo, url, outstream=io.StringIO(), **quiet, **auth)
    refs = fetched.refs if hasattr(fetched, "refs") else fetched
    assert refs[b"refs/heads/" + library.encode()] == commit, refs
    assert b"refs/heads/doomed" not in refs, refs
    # A second clone, of a repository that was written by this client, and a shallow one.
    porcelain.clone(url, work + "-again", **quiet, **auth)
    porcelain.clone(url, work + "-shallow", depth=1, **quiet, **auth)
    return commit.decode()


def with_pygit2():
    import pygit2

    class Callbacks(pygit2.RemoteCallbacks):
        def credentials(self, _url, username, _allowed):
            if over_ssh:
                return pygit2.Keypair(username or "git", key + ".pub", key, "")
            return pygit2.UserPass(user, token)

        def certificate_check(self, _certificate, _valid, _host):
            return True

        def push_update_reference(self, name, message):
            assert message is None, (name, message)

    repo = pygit2.clone_repository(url, work, callbacks=Callbacks())
    assert "refs/tags/v1" in repo.references, "tags come along"
    blob = repo.create_blob(library.encode())
    builder = repo.TreeBuilder(repo.head.peel().tree)
    builder.insert("made-by.txt", blob, pygit2.GIT_FILEMODE_BLOB)
    who = pygit2.Signature("Alice", "alice@example.org")
    commit = repo.create_commit("refs/heads/" + library, who, who, "By pygit2", builder.write(), [repo.head.target])
    remote = repo.remotes["origin"]
    remote.push(["refs/heads/%s:refs/heads/%s" % (library, library)], callbacks=Callbacks())
    remote.push([":refs/heads/doomed"], callbacks=Callbacks())
    remote.fetch(callbacks=Callbacks(), prune=pygit2.enums.FetchPrune.PRUNE)
    assert repo.references["refs/remotes/origin/" + library].target == commit
    assert "refs/remotes/origin/doomed" not in repo.references
    pygit2.clone_repository(url, work + "-again", callbacks=Callbacks())
    pygit2.clone_repository(url, work + "-shallow", callbacks=Callbacks(), depth=1)
    return str(commit)


print(with_dulwich() if library == "dulwich" else with_pygit2())
