use std::sync::Arc;

use bytes::Bytes;
use hardie_domain::ids::RepoId;
use hardie_git::Error;
use hardie_git::packs::{DiskFiles, PackStore};
use hardie_git::sink::ByteSink as _;
use hardie_git::upload::PackRequest;
use hardie_git::wire::sideband::Sideband;

use super::{Answers, Key, Part, Reader};

fn key(generation: i64) -> Key {
    Key { repo: RepoId(1), generation, framing: Sideband::None, request: PackRequest::default() }
}

fn store() -> (tempfile::TempDir, PackStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = PackStore::open(dir.path(), Arc::new(DiskFiles)).unwrap();
    (dir, store)
}

async fn all(reader: &mut Reader) -> Result<(Vec<u8>, String), String> {
    let (mut frames, mut notes) = (Vec::new(), String::new());
    loop {
        match reader.next().await.map_err(|e| e.to_string())? {
            Part::Frames(bytes) | Part::Data(bytes) => frames.extend_from_slice(&bytes),
            Part::Note(text) => notes.push_str(&String::from_utf8_lossy(&text)),
            Part::End => return Ok((frames, notes)),
            Part::Failed(why) => return Err(why.unwrap_or_else(|| "failed".to_owned())),
        }
    }
}

#[tokio::test]
async fn whoever_asks_for_the_same_reads_along_and_it_is_built_once() {
    let (_dir, store) = store();
    let answers = Answers::default();
    let (mut first, writer) = answers.join(key(1));
    let mut writer = writer.unwrap().spilling_to(&store);
    assert!(writer.progress(b"Counting\n").is_continue());
    // Beyond what is kept in memory.
    let pieces: Vec<Vec<u8>> = (0..50u8).map(|n| vec![n; 50_000]).collect();
    let (begin, rest) = pieces.split_at(10);
    assert!(begin.iter().all(|piece| writer.data(piece).is_continue()));
    let mut asked_with_progress = key(1);
    asked_with_progress.request.progress = true;
    let (mut second, none) = answers.join(asked_with_progress);
    assert!(none.is_none());
    let late = tokio::spawn(async move { all(&mut second).await });
    assert!(rest.iter().all(|piece| writer.data(piece).is_continue()));
    writer.finish(Ok(())).unwrap();
    let expected = (pieces.concat(), "Counting\n".to_owned());
    assert_eq!(all(&mut first).await.unwrap(), expected);
    assert_eq!(late.await.unwrap().unwrap(), expected);
    drop(first);
    let (mut third, none) = answers.join(key(1));
    assert!(none.is_none(), "it is kept");
    assert_eq!(all(&mut third).await.unwrap(), expected);
}

#[tokio::test]
async fn what_is_in_stored_packs_is_not_kept_twice() {
    let (_dir, store) = store();
    let answers = Answers::default();
    let (mut first, writer) = answers.join(key(1));
    let mut writer = writer.unwrap().spilling_to(&store);
    let large = Bytes::from(vec![7; 300_000]);
    assert!(writer.data(b"head").is_continue());
    for _ in 0..3 {
        assert!(writer.shared(large.clone()).is_continue());
        assert!(writer.data(b"between").is_continue());
    }
    writer.finish(Ok(())).unwrap();
    let part = [large.as_ref(), b"between"].concat();
    let expected = [&b"head"[..], &part, &part, &part].concat();
    assert_eq!(all(&mut first).await.unwrap().0, expected);
    drop(first);
    let (mut second, _) = answers.join(key(1));
    assert_eq!(second.next().await.unwrap(), Part::Frames(Bytes::from_static(b"head")));
    let Part::Data(bytes) = second.next().await.unwrap() else { panic!("it is framed when it is sent") };
    assert_eq!(bytes.as_ptr(), large.as_ptr());
}

#[tokio::test]
async fn the_last_reader_who_leaves_ends_the_building() {
    let answers = Answers::default();
    let (first, writer) = answers.join(key(1));
    let (second, _) = answers.join(key(1));
    let gone = writer.as_ref().unwrap().gone();
    drop(first);
    assert!(!gone.is_cancelled());
    drop(second);
    assert!(gone.is_cancelled());
    let (_third, new) = answers.join(key(1));
    assert!(new.is_some(), "what was given up is not read along with");
}

#[tokio::test]
async fn what_failed_is_told_and_not_kept() {
    let (_dir, store) = store();
    let answers = Answers::default();
    let (mut first, writer) = answers.join(key(1));
    let mut writer = writer.unwrap().spilling_to(&store);
    assert!(writer.data(b"half").is_continue());
    assert!(writer.finish(Err(Error::Corrupt { id: hardie_git::Oid([7; 20]), why: "flipped".to_owned() })).is_err());
    assert!(all(&mut first).await.unwrap_err().contains("object 0707070707070707070707070707070707070707 of this repository is damaged"));
    let (mut second, writer) = answers.join(key(1));
    drop(writer.expect("it is built again"));
    all(&mut second).await.unwrap_err();
}

#[tokio::test]
async fn an_older_state_of_the_repository_is_let_go() {
    let answers = Answers::default();
    let (reader, writer) = answers.join(key(1));
    writer.unwrap().finish(Ok(())).unwrap();
    drop(reader);
    let (_newer, writer) = answers.join(key(2));
    assert!(writer.is_some());
    assert!(answers.join(key(1)).1.is_some(), "the older one is gone");
}

#[test]
fn joining_and_writing_at_once_never_wait_for_each_other() {
    let (_dir, store) = store();
    let answers = Answers::default();
    let (done, ended) = std::sync::mpsc::channel();
    for thread in 0..4i64 {
        let (answers, store, done) = (answers.clone(), store.clone(), done.clone());
        std::thread::spawn(move || {
            for round in 0..2000i64 {
                let mut key = key(1);
                // Some are shared between the threads, most are not.
                key.request.wants.push(hardie_git::Oid([u8::try_from((round + thread * (round % 3)) % 250).unwrap(); 20]));
                let (_reader, writer) = answers.join(key);
                if let Some(writer) = writer {
                    let mut writer = writer.spilling_to(&store);
                    assert!((0..5).all(|_| writer.data(&[7; 300]).is_continue()));
                    writer.finish(Ok(())).unwrap();
                }
            }
            done.send(()).unwrap();
        });
    }
    for _ in 0..4 {
        ended.recv_timeout(std::time::Duration::from_secs(60)).expect("the threads wait for each other");
    }
    let held = answers.lock().by_key.len() as u64;
    let counted = answers.lock().totals.memory.load(std::sync::atomic::Ordering::Relaxed);
    assert!(held > 0 && counted == held * 1500, "{held} answers, {counted} bytes");
}
