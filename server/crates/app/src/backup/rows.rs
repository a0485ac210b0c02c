//! Rows as JSON lines: one object a row, its fields named as the columns. Numbers are integers, texts are texts, bytes are base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_store::backup::{Cell, Column, Kind};
use serde_json::{Map, Value};

/// Appends one line.
pub fn encode(out: &mut Vec<u8>, columns: &[Column], row: Vec<Cell>) {
    let value = |cell| match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => Value::from(number),
        Cell::Text(text) => Value::String(text),
        Cell::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
    };
    let row: Map<String, Value> = columns.iter().map(|column| column.name.clone()).zip(row.into_iter().map(value)).collect();
    out.extend_from_slice(Value::Object(row).to_string().as_bytes());
    out.push(b'\n');
}

/// Reads one line; the error is a text without the place.
pub fn decode(line: &[u8], columns: &[Column]) -> Result<Vec<Cell>, String> {
    let mut row: Map<String, Value> = serde_json::from_slice(line).map_err(|error| format!("it is no row: {error}"))?;
    let cell = |column: &Column| {
        let value = row.remove(&column.name).ok_or_else(|| format!("it lacks the column {}", column.name))?;
        let wrong = || format!("column {} has another type", column.name);
        Ok(match (column.kind, value) {
            (_, Value::Null) => Cell::Null,
            (Kind::Int, Value::Number(number)) => Cell::Int(number.as_i64().ok_or_else(wrong)?),
            (Kind::Text, Value::String(text)) => Cell::Text(text),
            (Kind::Bytes, Value::String(text)) => Cell::Bytes(STANDARD.decode(text).map_err(|_| wrong())?),
            _ => return Err(wrong()),
        })
    };
    let cells = columns.iter().map(cell).collect::<Result<Vec<Cell>, String>>()?;
    match row.keys().next() {
        None => Ok(cells),
        Some(unknown) => Err(format!("the schema has no column {:?}", unknown.chars().take(60).collect::<String>())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        [("id", Kind::Int), ("name", Kind::Text), ("hash", Kind::Bytes), ("note", Kind::Text)]
            .map(|(name, kind)| Column { name: name.to_owned(), kind })
            .into()
    }

    #[test]
    fn a_row_survives_the_way_there_and_back() {
        let texts = ["", "plain", "\n\r\t\"\\ \u{0} \u{7f} ü 漢 🦀 \u{2028}"];
        for (number, text) in [i64::MIN, -1, i64::MAX].into_iter().zip(texts) {
            let row = vec![Cell::Int(number), Cell::Text(text.to_owned()), Cell::Bytes((0..=255).collect()), Cell::Null];
            let mut line = Vec::new();
            encode(&mut line, &columns(), row.clone());
            assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1);
            assert_eq!(decode(line.trim_ascii_end(), &columns()), Ok(row));
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused_with_its_column() {
        for (line, expected) in [
            (r#"{"id":1,"name":"a","hash":"","note":null,"extra":1}"#, "no column \"extra\""),
            (r#"{"id":1,"name":"a","hash":""}"#, "lacks the column note"),
            (r#"{"id":1.5,"name":"a","hash":"","note":null}"#, "column id"),
            (r#"{"id":99999999999999999999,"name":"a","hash":"","note":null}"#, "column id"),
            (r#"{"id":1,"name":2,"hash":"","note":null}"#, "column name"),
            (r#"{"id":1,"name":"a","hash":"%","note":null}"#, "column hash"),
            ("[]", "no row"),
            ("", "no row"),
        ] {
            let error = decode(line.as_bytes(), &columns()).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
