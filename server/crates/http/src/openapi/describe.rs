//! Turns the table into an OpenAPI 3.1 document.

use hardie_api_types::error::ApiError;
use hardie_api_types::plugin::PluginPermission;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, Required,
    ResponseBuilder, ServerBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::examples;
use super::refusals::{REFUSALS, Refusal, other};
use super::table::{Api, Content, Op};

/// The whole document.
pub fn describe(api: &Api) -> OpenApi {
    let mut paths = PathsBuilder::new();
    for op in &api.ops {
        paths = paths.path(op.path.replace("{*", "{"), PathItem::new(op.method.clone(), operation(op)));
    }
    let mut schemas = api.schemas.clone();
    schemas.insert(ApiError::name().into_owned(), ApiError::schema());
    schemas.insert(PluginPermission::name().into_owned(), PluginPermission::schema());
    examples::give(&mut schemas);
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .responses_from_iter(REFUSALS.iter().map(|refusal| (refusal.name, refusal.response())))
        .security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)))
        .security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let info = InfoBuilder::new()
        .title("Hardie")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()));
    let anonymous = SecurityRequirement::default();
    let security = [SecurityRequirement::new("token", [""; 0]), SecurityRequirement::new("basic", [""; 0]), anonymous];
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/api/v1").build()]))
        .paths(paths.build())
        .components(Some(components.build()))
        .security(Some(security))
        .build()
}

const ABOUT: &str = "Gitea's API in paths, fields, status codes, paging and authentication, and what Gitea has not.\n\n\
    Credentials: `Authorization: token X`, `Bearer X` or `Basic`, where a token may stand in either field. Lists take `page` (from 1) \
    and `limit` (30 unless given, 50 at most) and answer with `X-Total-Count` and `Link`. What the asker may not see is 404, what \
    they may see but not do is 403. Every error has one shape, `ApiError`. A repository that was renamed answers 301 or 308 with its new address.";

fn operation(op: &Op) -> utoipa::openapi::path::Operation {
    let mut builder = OperationBuilder::new().operation_id(Some(op.id)).tag(op.tag).summary(Some(op.summary));
    for segment in op.path.split('/') {
        if let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            builder = builder.parameter(parameter(name.trim_start_matches('*'), "", ParameterIn::Path));
        }
    }
    for (name, meaning) in &op.query {
        builder = builder.parameter(parameter(name, meaning, ParameterIn::Query));
    }
    if op.paged {
        builder = builder.parameter(parameter("page", "the page, from 1", ParameterIn::Query));
        builder = builder.parameter(parameter("limit", "items of a page: 30 unless given, 50 at most", ParameterIn::Query));
    }
    if let Some(body) = &op.body {
        let body = RequestBodyBuilder::new().content(body.media_type, content(body)).required(Some(Required::True));
        builder = builder.request_body(Some(body.build()));
    }
    for (status, answer) in &op.answers {
        let mut response = ResponseBuilder::new().description(meaning_of(*status));
        if let Some(answer) = answer {
            response = response.content(answer.media_type, content(answer));
        }
        builder = builder.response(status.to_string(), response.build());
    }
    for refusal in Refusal::of(op) {
        builder = builder.response(refusal.status, Ref::from_response_name(refusal.name));
    }
    builder.response("default", other()).build()
}

fn content(content: &Content) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(content.schema.clone())).build()
}

fn parameter(name: &str, meaning: &str, place: ParameterIn) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let schema = ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).build();
    let description = (!meaning.is_empty()).then_some(meaning);
    ParameterBuilder::new().name(name).parameter_in(place).required(required).description(description).schema(Some(schema)).build()
}

fn meaning_of(status: u16) -> &'static str {
    match status {
        201 => "made",
        202 => "accepted",
        204 => "done",
        304 => "not changed",
        _ => "as asked",
    }
}
