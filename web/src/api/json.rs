//! Bodies out of JSON. The text is parsed once into a tree, and types are read from that: the code that serde makes of a type for
//! each format reads objects in any order and arrays too, which was a sixth of the bundle. Here a type asks for its fields by
//! name, in its own order, so that only its shortest way of being read is compiled.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// Why a body is not what its type says.
#[derive(Debug)]
pub struct Misread(String);

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misread {}

impl de::Error for Misread {
    fn custom<T: fmt::Display>(message: T) -> Misread {
        Misread(message.to_string())
    }

    /// What is found is not told: only for that the code that prints fractions would be in the bundle.
    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Misread {
        Misread(format!("it is not {expected}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Misread {
        Misread::invalid_type(found, expected)
    }
}

/// A body of this type.
pub fn read<T: DeserializeOwned>(body: &Value) -> Result<T, Misread> {
    T::deserialize(Node(body))
}

/// The tree of a text.
pub fn parse(text: &str) -> Result<Value, Misread> {
    serde_json::from_str(text).map_err(|error| Misread(error.to_string()))
}

/// A part of the tree.
#[derive(Clone, Copy)]
struct Node<'a>(&'a Value);

impl Node<'_> {
    #[inline(never)]
    fn is_no(self, wanted: &str) -> Misread {
        let found = match self.0 {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Misread(format!("{found} where {wanted} is expected"))
    }

    fn whole(self) -> Result<i64, Misread> {
        self.0.as_i64().ok_or_else(|| self.is_no("a whole number"))
    }
}

/// Numbers are whole in the API; each width is read as the widest.
macro_rules! whole {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
            visitor.visit_i64(self.whole()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Misread;

    whole! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    /// For what is JSON itself, such as a configuration.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => visitor.visit_i64(value),
                (None, Some(value)) => visitor.visit_u64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_bool(self.0.as_bool().ok_or_else(|| self.is_no("a truth value"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_str(self.0.as_str().ok_or_else(|| self.is_no("a text"))?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_seq(Items(self.0.as_array().ok_or_else(|| self.is_no("a list"))?.iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        let map = self.0.as_object().ok_or_else(|| self.is_no("an object"))?;
        visitor.visit_map(Entries { entries: map.iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, names: &'static [&'static str], visitor: V) -> Result<V::Value, Misread> {
        let map = self.0.as_object().ok_or_else(|| self.is_no("an object"))?;
        visitor.visit_seq(Fields { map, names: names.iter() })
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier ignored_any }
}

struct Items<'a>(std::slice::Iter<'a, Value>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        self.0.next().map(|value| seed.deserialize(Node(value))).transpose()
    }
}

/// The fields of an object in the order in which its type names them. One that is not there is its default, or missed by the type.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    names: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        let value = self.names.next().and_then(|name| self.map.get(*name));
        value.map(|value| seed.deserialize(Node(value))).transpose()
    }
}

struct Entries<'a> {
    entries: serde_json::map::Iter<'a>,
    value: Option<&'a Value>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misread> {
        seed.deserialize(Node(self.value.take().unwrap_or(&Value::Null)))
    }
}

#[cfg(test)]
mod tests {
    use hardie_api_types::delivery::Delivery;
    use hardie_api_types::plugin::PluginPermission;
    use hardie_api_types::repo::Repository;
    use serde_json::{Value, json};

    use super::{Misread, parse};

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Misread> {
        super::read(&parse(text)?)
    }

    #[test]
    fn fields_are_read_by_name_in_any_order_and_others_are_not_minded() {
        let text = r#"{"new":[1],"description":"Read\nit","name":"a\u00e9"}"#;
        let one: PluginPermission = read(text).unwrap();
        assert_eq!((one.name.as_str(), one.description.as_str()), ("aé", "Read\nit"));
        assert_eq!(read::<Vec<PluginPermission>>(&format!("[{text},{text}]")).unwrap().len(), 2);
    }

    #[test]
    fn what_is_missing_is_its_default_or_missed() {
        let mut body = json!({
            "id": 7, "seq": 9_007_199_254_740_993_i64, "kind": "push", "repository": "ann/tool", "state": "done", "attempt": 1,
            "outcome": "done", "text": "", "created_at": "2026-01-31T08:15:00Z", "ended_at": "2026-01-31T08:15:01Z",
        });
        let delivery: Delivery = read(&body.to_string()).unwrap();
        assert_eq!((delivery.seq, delivery.next_at, delivery.fuel), (9_007_199_254_740_993, None, 0));
        assert_eq!(delivery.ended_at.unwrap().as_str(), "2026-01-31T08:15:01Z");
        body["next_at"] = Value::Null;
        assert_eq!(read::<Delivery>(&body.to_string()).unwrap().next_at, None);
        body["id"] = json!("7");
        let why = read::<Delivery>(&body.to_string()).unwrap_err().to_string();
        assert_eq!(why, "a text where a whole number is expected");
        body.as_object_mut().unwrap().remove("id");
        let why = read::<Delivery>(&body.to_string()).unwrap_err().to_string();
        assert!(why.contains("Delivery"), "{why}");
        assert!(read::<Repository>("[]").unwrap_err().to_string().contains("a list where an object"));
        assert!(read::<Delivery>("<html>").is_err());
    }

    #[test]
    fn json_in_a_body_stays_as_it_is() {
        let text = r#"{"a":[1,-2,18446744073709551615,1.5,"x",null,true,{}]}"#;
        assert_eq!(read::<Value>(text).unwrap().to_string(), text);
    }
}
