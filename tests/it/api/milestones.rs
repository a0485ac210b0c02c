//! Milestones, as Gitea's clients use them.

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};

const ALL: &str = "/repos/ann/tool/milestones";

fn good(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

fn titles(answer: &Answer) -> Vec<String> {
    answer.json().as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

async fn milestones_live(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&ann, "tool", false).await.unwrap();
    let (owner, reader, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    let open = json!({ "title": "some day", "description": "It *may* be" });
    let made = good(&owner.json("POST", ALL, &open), 201);
    assert_eq!(
        (&made["state"], &made["due_on"], &made["closed_at"], &made["open_issues"]),
        (&json!("open"), &Value::Null, &Value::Null, &json!(0))
    );
    let due = json!({ "title": "release/1.0", "due_on": "2030-01-31T09:15:00+01:00" });
    let due = good(&owner.json("POST", ALL, &due), 201);
    assert_eq!(due["due_on"], "2030-01-31T08:15:00Z");
    let done = good(&owner.json("POST", ALL, &json!({ "title": "100%", "state": "closed", "due_on": "2029-01-31T08:15:00Z" })), 201);
    assert!(done["state"] == "closed" && done["closed_at"].is_string(), "{done}");

    // Those first that are due first.
    assert_eq!(titles(&nobody.get(ALL)), ["release/1.0", "some day"]);
    assert_eq!(titles(&nobody.get(&format!("{ALL}?state=closed"))), ["100%"]);
    let all = nobody.get(&format!("{ALL}?state=all&limit=2"));
    assert_eq!((titles(&all), all.header("x-total-count")), (vec!["100%".to_owned(), "release/1.0".to_owned()], "3"));
    assert_eq!(titles(&nobody.get(&format!("{ALL}?state=all&name=%25"))), ["100%"], "it stands for itself");
    assert_eq!(titles(&nobody.get(&format!("{ALL}?name=LEASE"))), ["release/1.0"]);

    // By id and by title, which may look like a path.
    for key in [due["id"].to_string(), "release%2F1.0".to_owned(), "RELEASE%2F1.0".to_owned()] {
        assert_eq!(good(&reader.get(&format!("{ALL}/{key}")), 200)["id"], due["id"], "{key}");
    }
    let closed = good(&owner.json("PATCH", &format!("{ALL}/release%2F1.0"), &json!({ "state": "closed", "title": "" })), 200);
    assert!(closed["closed_at"].is_string() && closed["title"] == "release/1.0", "{closed}");
    let again =
        good(&owner.json("PATCH", &format!("{ALL}/{}", due["id"]), &json!({ "state": "open", "due_on": "0001-01-01T00:00:00Z" })), 200);
    assert_eq!((&again["closed_at"], &again["due_on"]), (&Value::Null, &Value::Null));

    // What cannot be.
    for (body, status) in [
        (json!({}), 422),
        (json!({ "title": " " }), 422),
        (json!({ "title": "x", "state": "half" }), 422),
        (json!({ "title": "x", "due_on": "tomorrow" }), 422),
        (json!({ "title": "x", "description": "y".repeat(70_000) }), 413),
        (json!({ "title": "SOME day" }), 409),
    ] {
        assert_eq!(owner.json("POST", ALL, &body).status, status, "{}", body["title"]);
    }
    assert_eq!(owner.json("PATCH", &format!("{ALL}/{}", made["id"]), &json!({ "title": "100%" })).status, 409);
    for (method, path) in
        [("POST", ALL.to_owned()), ("PATCH", format!("{ALL}/{}", made["id"])), ("DELETE", format!("{ALL}/{}", made["id"]))]
    {
        assert_eq!(reader.json(method, &path, &json!({ "title": "x" })).status, 403, "{method}");
        assert_eq!(nobody.json(method, &path, &json!({ "title": "x" })).status, 401, "{method}");
    }
    server.repo(&ann, "other", false).await.unwrap();
    assert_eq!(owner.get(&format!("/repos/ann/other/milestones/{}", made["id"])).status, 404);
    assert_eq!(owner.json("DELETE", &format!("{ALL}/some%20day"), &Value::Null).status, 204);
    assert_eq!(owner.get(&format!("{ALL}/{}", made["id"])).status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn milestones_are_made_closed_found_and_deleted() {
    milestones_live(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn milestones_on_postgres_are_made_closed_found_and_deleted() {
    let database = postgres::Database::new().unwrap();
    milestones_live(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}
