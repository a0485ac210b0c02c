//! Labels of repositories and organisations, as Gitea's clients use them.

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};

fn good(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

async fn labels_live(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&ann, "tool", false).await.unwrap();
    server.repo(&ann, "other", false).await.unwrap();
    let (owner, reader, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    good(&owner.json("POST", "/orgs", &json!({ "username": "smiths" })), 201);
    for all in ["/repos/ann/tool/labels", "/orgs/smiths/labels"] {
        let body = json!({ "name": " Kind/Bug ", "color": "#0AF", "description": "It is not working", "exclusive": true });
        let made = good(&owner.json("POST", all, &body), 201);
        let one = format!("{all}/{}", made["id"]);
        assert_eq!(
            (&made["name"], &made["color"], &made["exclusive"], &made["is_archived"], &made["url"]),
            (&json!("Kind/Bug"), &json!("00aaff"), &json!(true), &json!(false), &json!(format!("http://forge.test/api/v1{one}")))
        );
        assert_eq!(good(&reader.get(&one), 200), made);
        assert_eq!(good(&reader.get(&format!("{all}/kind%2FBUG")), 200)["id"], made["id"], "by its name, without case");

        // One name, once.
        let again = owner.json("POST", all, &json!({ "name": "KIND/bug", "color": "000000" }));
        assert!(again.status == 409 && again.refusal().1.contains("KIND/bug"), "{}", again.text());
        let other = good(&owner.json("POST", all, &json!({ "name": "ärger", "color": "ffffff" })), 201);
        let second = format!("{all}/{}", other["id"]);
        assert_eq!(owner.json("PATCH", &second, &json!({ "name": "kind/bug" })).status, 409);
        assert_eq!(owner.json("PATCH", &second, &json!({ "name": "ÄRGER" })).status, 200, "its own name, otherwise written");
        assert_eq!(owner.json("POST", all, &json!({ "name": "Ärger", "color": "ffffff" })).status, 409);

        // Changes leave alone what they do not name.
        let archived = good(&owner.json("PATCH", &one, &json!({ "is_archived": true })), 200);
        assert_eq!((&archived["is_archived"], &archived["description"]), (&json!(true), &made["description"]));
        let plain = good(&owner.json("PATCH", &one, &json!({ "is_archived": false, "exclusive": false, "description": "" })), 200);
        assert_eq!((&plain["is_archived"], &plain["exclusive"], &plain["color"]), (&json!(false), &json!(false), &json!("00aaff")));
        for bad in
            [json!({ "color": "red" }), json!({ "name": "" }), json!({ "name": "a\nb" }), json!({ "description": "x".repeat(2_000) })]
        {
            assert_eq!(owner.json("PATCH", &one, &bad).status, 422, "{bad}");
        }
        for bad in [json!({ "name": "x" }), json!({ "color": "00aabb" })] {
            assert_eq!(owner.json("POST", all, &bad).status, 422, "{bad}");
        }

        // Lists.
        let listed = reader.get(all);
        let names =
            |answer: &Answer| answer.json().as_array().unwrap().iter().map(|l| l["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!((names(&listed), listed.header("x-total-count")), (vec!["Kind/Bug".to_owned(), "ÄRGER".to_owned()], "2"));
        assert_eq!(names(&reader.get(&format!("{all}?sort=reversealphabetically&limit=1"))), ["ÄRGER"]);

        // Who only reads changes nothing, and nobody else's is reached by its id.
        for (method, path) in [("POST", all), ("PATCH", one.as_str()), ("DELETE", one.as_str())] {
            assert_eq!(reader.json(method, path, &json!({ "name": "x", "color": "000" })).status, 403, "{method} {path}");
            assert_eq!(nobody.json(method, path, &json!({ "name": "x", "color": "000" })).status, 401, "{method} {path}");
        }
        let elsewhere = format!("/repos/ann/other/labels/{}", made["id"]);
        for (method, body) in [("GET", Value::Null), ("PATCH", json!({ "name": "mine" })), ("DELETE", Value::Null)] {
            assert_eq!(owner.json(method, &elsewhere, &body).status, 404, "{method}");
        }
        assert_eq!(owner.json("DELETE", &one, &Value::Null).status, 204);
        assert_eq!((reader.get(&one).status, owner.json("DELETE", &one, &Value::Null).status), (404, 404));
    }
    // Both have one label left, and neither is the other's.
    let of_repo = owner.get("/repos/ann/tool/labels").json()[0]["id"].clone();
    assert_eq!(owner.get(&format!("/orgs/smiths/labels/{of_repo}")).status, 404);
    // What is archived stays as it is.
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "archived": true })), 200);
    assert_eq!(owner.json("POST", "/repos/ann/tool/labels", &json!({ "name": "late", "color": "000" })).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_made_changed_listed_and_deleted() {
    labels_live(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_on_postgres_are_made_changed_listed_and_deleted() {
    let database = postgres::Database::new().unwrap();
    labels_live(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_a_private_repository_and_an_organisation_that_is_hidden_are_absent() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&ann, "tool", true).await.unwrap();
    let (owner, stranger) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    good(&owner.json("POST", "/orgs", &json!({ "username": "smiths", "visibility": "private" })), 201);
    for all in ["/repos/ann/tool/labels", "/orgs/smiths/labels"] {
        let made = good(&owner.json("POST", all, &json!({ "name": "bug", "color": "000" })), 201);
        for path in [all.to_owned(), format!("{all}/{}", made["id"]), format!("{all}/bug")] {
            assert_eq!(stranger.get(&path).status, 404, "{path}");
        }
        assert_eq!(stranger.json("POST", all, &json!({ "name": "bug", "color": "000" })).status, 404, "{all}");
    }
    // A token that is narrowed to content names no label, though it pushes.
    let body = json!({ "name": "ci", "scopes": ["write:repository"], "repositories": ["ann/tool"] });
    let token = good(&owner.json("POST", "/users/ann/tokens", &body), 201)["sha1"].as_str().unwrap().to_owned();
    let narrow = Asker::by(&server, &token);
    assert_eq!(narrow.get("/repos/ann/tool/labels").status, 200);
    assert_eq!(narrow.json("POST", "/repos/ann/tool/labels", &json!({ "name": "late", "color": "000" })).status, 403);
    assert_eq!(narrow.json("POST", "/repos/ann/tool/milestones", &json!({ "title": "late" })).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sets_of_labels_are_offered() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    assert_eq!(asker.get("/label/templates").json(), json!(["Advanced", "Default"]));
    let set = good(&asker.get("/label/templates/Default"), 200);
    let bug = json!({ "name": "bug", "color": "ee0701", "description": "Something is not working", "exclusive": false });
    assert_eq!(set[0], bug);
    assert_eq!(asker.get("/label/templates/None").status, 404);
    server.stop().await.unwrap();
}
