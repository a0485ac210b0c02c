//! Topics of repositories, and the languages of their files.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use hardie_api_types::Time;
use hardie_api_types::repo::{Languages, Topic, TopicNames, TopicResults};
use hardie_app::browse::languages;
use hardie_app::repos::{add_topic, get_topics, remove_topic, search_topics, set_topics};

use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show::number;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/topics", "/repos/{owner}/{repo}/topics/{topic}");
    let search_op = Op::new("topicSearch", tag, "Finds topics of repositories that the asker may see").query("q", "part of the topic");
    api.get(all, Op::new("repoListTopics", tag, "Lists topics").gives::<TopicNames>(200), list)
        .put(all, Op::new("repoUpdateTopics", tag, "Sets all topics").takes::<TopicNames>().gives_nothing(204), set)
        .put(one, Op::new("repoAddTopic", tag, "Adds a topic").gives_nothing(204), put)
        .delete(one, Op::new("repoDeleteTopic", tag, "Removes a topic").gives_nothing(204), delete)
        .get("/topics/search", search_op.gives::<TopicResults>(200), search)
        .get(
            "/repos/{owner}/{repo}/languages",
            Op::new("repoGetLanguages", tag, "Bytes of each language in the default branch, told by the names of files")
                .gives::<Languages>(200),
            of_files,
        )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<TopicNames>> {
    Ok(Json(TopicNames { topics: get_topics(&http.app, &ctx, &parts.repo()?).await? }))
}

async fn set(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, Body(body): Body<TopicNames>) -> Answer<StatusCode> {
    set_topics(&http.app, &ctx, &parts.repo()?, &body.topics).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    add_topic(&http.app, &ctx, &parts.repo()?, &parts.text("topic")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_topic(&http.app, &ctx, &parts.repo()?, &parts.text("topic")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn search(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    let found = search_topics(&http.app, &ctx, &query.text("q")?.unwrap_or_default()).await?;
    let headers = paging.headers(u64::try_from(found.len()).unwrap_or(u64::MAX));
    let start = usize::try_from(paging.page.offset()).unwrap_or(usize::MAX);
    let page = found.into_iter().zip(1..).skip(start).take(paging.page.limit() as usize);
    let topic =
        |((name, count), id)| Topic { id, topic_name: name, repo_count: number(count), created: Time::never(), updated: Time::never() };
    Ok((headers, Json(TopicResults { topics: page.map(topic).collect() })).into_response())
}

async fn of_files(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Languages>> {
    let found = languages(&http.app, &ctx, &parts.repo()?).await?;
    Ok(Json(Languages { bytes: found.iter().map(|(language, bytes)| ((*language).to_owned(), number(*bytes))).collect() }))
}
