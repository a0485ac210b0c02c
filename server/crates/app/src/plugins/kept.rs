//! What a call wants kept of its data: held against the bounds, and written in the transaction of whoever ends the call.

use hardie_domain::delivery::Writes;
use hardie_domain::plugin_state::{check_all, check_key, check_value};
use hardie_store::Tx;
use hardie_store::plugin_state::StateOf;

use crate::Result;

/// Whether keys and values may be kept; else what is wrong with them.
pub(crate) fn check_state(writes: &Writes) -> Result<(), String> {
    writes.state.iter().try_for_each(|(key, value)| {
        check_key(key)?;
        value.as_ref().map_or(Ok(()), |value| check_value(key, value))
    })
}

/// Writes them. Why not, if there would be too much: then the transaction is not to be committed.
pub(crate) async fn write_state(tx: &mut Tx, of: StateOf, writes: &[(String, Option<Vec<u8>>)]) -> Result<Option<String>> {
    for (key, value) in writes {
        match value {
            Some(value) => tx.set_state(of, key, value).await?,
            None => tx.delete_state(of, key).await.map(drop)?,
        }
    }
    if writes.iter().all(|(_, value)| value.is_none()) {
        return Ok(None);
    }
    let (keys, bytes) = tx.count_state(of).await?;
    Ok(check_all(keys, bytes).err())
}
