//! The table: one line adds a route and its description.

use std::collections::BTreeMap;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{RefOr, Schema};

use crate::state::Http;

/// Routes and their descriptions, growing together.
#[derive(Default)]
pub struct Api {
    pub(super) ops: Vec<Op>,
    pub(super) schemas: BTreeMap<String, RefOr<Schema>>,
    router: Router<Http>,
}

/// What one method of one address does.
pub struct Op {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    pub(super) query: Vec<(&'static str, &'static str)>,
    pub(super) paged: bool,
    pub(super) body: Option<Content>,
    pub(super) answers: Vec<(u16, Option<Content>)>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

/// A body's type.
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: RefOr<Schema>,
}

impl Op {
    /// An operation: its id, the group it is shown in and what it does in a few words.
    pub fn new(id: &'static str, tag: &'static str, summary: &'static str) -> Op {
        Op {
            id,
            tag,
            summary,
            method: HttpMethod::Get,
            path: "",
            query: Vec::new(),
            paged: false,
            body: None,
            answers: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// A query parameter.
    pub fn query(mut self, name: &'static str, meaning: &'static str) -> Op {
        self.query.push((name, meaning));
        self
    }

    /// It takes JSON.
    pub fn takes<T: ToSchema + 'static>(mut self) -> Op {
        self.body = Some(self.content_of::<T>());
        self
    }

    /// It takes other bytes.
    pub fn takes_bytes(mut self, media_type: &'static str) -> Op {
        self.body = Some(bytes(media_type));
        self
    }

    /// It answers JSON.
    pub fn gives<T: ToSchema + 'static>(mut self, status: u16) -> Op {
        let content = self.content_of::<T>();
        self.answers.push((status, Some(content)));
        self
    }

    /// It answers one page of a JSON list.
    pub fn gives_page<T: ToSchema + 'static>(mut self) -> Op {
        self.paged = true;
        self.gives_list::<T>()
    }

    /// It answers a JSON list, whole.
    pub fn gives_list<T: ToSchema + 'static>(self) -> Op {
        self.makes_list::<T>(200)
    }

    /// The same with another status.
    pub fn makes_list<T: ToSchema + 'static>(mut self, status: u16) -> Op {
        let item = self.content_of::<T>().schema;
        let list = Schema::Array(utoipa::openapi::ArrayBuilder::new().items(item).build());
        self.answers.push((status, Some(Content { media_type: "application/json", schema: RefOr::T(list) })));
        self
    }

    /// It answers a JSON list of texts, whole.
    pub fn gives_texts(mut self) -> Op {
        let item = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).build();
        let list = Schema::Array(utoipa::openapi::ArrayBuilder::new().items(item).build());
        self.answers.push((200, Some(Content { media_type: "application/json", schema: RefOr::T(list) })));
        self
    }

    /// It answers JSON: one, or a list of them, as what was asked for is one or several.
    pub fn gives_one_or_list<T: ToSchema + 'static>(mut self) -> Op {
        let one = self.content_of::<T>().schema;
        let list = Schema::Array(utoipa::openapi::ArrayBuilder::new().items(one.clone()).build());
        let either = utoipa::openapi::OneOfBuilder::new().item(one).item(list).build();
        self.answers.push((200, Some(Content { media_type: "application/json", schema: RefOr::T(Schema::OneOf(either)) })));
        self
    }

    /// It answers other bytes.
    pub fn gives_bytes(mut self, media_type: &'static str) -> Op {
        self.answers.push((200, Some(bytes(media_type))));
        self
    }

    /// It answers nothing but a status.
    pub fn gives_nothing(mut self, status: u16) -> Op {
        self.answers.push((status, None));
        self
    }

    fn content_of<T: ToSchema + 'static>(&mut self) -> Content {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        let schema = RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()));
        Content { media_type: "application/json", schema }
    }
}

fn bytes(media_type: &'static str) -> Content {
    let schema = utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Binary)))
        .build();
    Content { media_type, schema: RefOr::T(Schema::Object(schema)) }
}

impl Api {
    /// Adds a `GET` (and `HEAD`).
    #[must_use]
    pub fn get<H: Handler<T, Http>, T: 'static>(self, path: &'static str, op: Op, handler: H) -> Api {
        self.add(HttpMethod::Get, MethodFilter::GET, path, op, handler)
    }

    /// Adds a `POST`.
    #[must_use]
    pub fn post<H: Handler<T, Http>, T: 'static>(self, path: &'static str, op: Op, handler: H) -> Api {
        self.add(HttpMethod::Post, MethodFilter::POST, path, op, handler)
    }

    /// Adds a `PUT`.
    #[must_use]
    pub fn put<H: Handler<T, Http>, T: 'static>(self, path: &'static str, op: Op, handler: H) -> Api {
        self.add(HttpMethod::Put, MethodFilter::PUT, path, op, handler)
    }

    /// Adds a `PATCH`.
    #[must_use]
    pub fn patch<H: Handler<T, Http>, T: 'static>(self, path: &'static str, op: Op, handler: H) -> Api {
        self.add(HttpMethod::Patch, MethodFilter::PATCH, path, op, handler)
    }

    /// Adds a `DELETE`.
    #[must_use]
    pub fn delete<H: Handler<T, Http>, T: 'static>(self, path: &'static str, op: Op, handler: H) -> Api {
        self.add(HttpMethod::Delete, MethodFilter::DELETE, path, op, handler)
    }

    fn add<H: Handler<T, Http>, T: 'static>(
        mut self,
        method: HttpMethod,
        filter: MethodFilter,
        path: &'static str,
        mut op: Op,
        handler: H,
    ) -> Api {
        (op.method, op.path) = (method, path);
        self.schemas.extend(std::mem::take(&mut op.schemas));
        self.ops.push(op);
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// The routes, without a prefix.
    pub fn router(&self) -> Router<Http> {
        self.router.clone()
    }
}
