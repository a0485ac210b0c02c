//! A value that the server has: asked for whenever its key changes, shown stale until the next one is there.

use std::any::Any;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::Failure;
use crate::parts::error_panel::error_panel;

/// What is known of the value so far.
pub struct Load<T: Send + Sync + 'static> {
    state: State,
    again: RwSignal<u32>,
    of: PhantomData<T>,
}

/// Of one type for all values: the framework's code for a signal is kilobytes for each type.
type State = RwSignal<Option<Result<Arc<dyn Any + Send + Sync>, Failure>>>;

/// What a page waits for: it comes with the value in it.
type Answer = Pin<Box<dyn Future<Output = Result<Arc<dyn Any + Send + Sync>, Failure>>>>;

impl<T: Send + Sync + 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Load<T> {}

/// Asks now, and again whenever `key` gives another value. Of overlapping questions only the last one's answer counts.
pub fn load<K, T, F>(key: impl Fn() -> K + Send + Sync + 'static, fetch: impl Fn(K) -> F + 'static) -> Load<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, Failure>> + 'static,
{
    let key = Memo::new(move |_| key());
    let begin = move || -> Answer {
        let answer = fetch(key.get());
        Box::pin(async move { answer.await.map(|value| Arc::new(value) as Arc<dyn Any + Send + Sync>) })
    };
    let (state, again) = asking(Box::new(begin));
    Load { state, again, of: PhantomData }
}

fn asking(begin: Box<dyn Fn() -> Answer>) -> (State, RwSignal<u32>) {
    let state = State::new(None);
    let again = RwSignal::new(0_u32);
    let turn = StoredValue::new(0_u32);
    Effect::new(move |_| {
        again.track();
        let mine = turn.get_value().wrapping_add(1);
        turn.set_value(mine);
        let answer = begin();
        spawn_local(async move {
            let answer = answer.await;
            // The page may be gone by now: then nobody is left to tell.
            if turn.try_get_value() == Some(mine) {
                state.try_set(Some(answer));
            }
        });
    });
    (state, again)
}

impl<T: Clone + Send + Sync + 'static> Load<T> {
    /// Asks again, keeping what is shown.
    pub fn retry(&self) {
        self.again().ask();
    }

    /// For parts that change what the server has, whatever type of value shows it.
    pub fn again(&self) -> Again {
        Again(self.again)
    }

    /// The value if it is there, tracked.
    pub fn value(&self) -> Option<T> {
        self.state.get().and_then(Result::ok).and_then(|value| value.downcast_ref().cloned())
    }

    /// What stands below the value: it comes once the value, or its failure, has taken its room, so that nothing jumps.
    pub fn below(self, view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
        below(self.state, Box::new(view))
    }

    /// The value as a view; before it a placeholder of the same size, instead of it what went wrong.
    pub fn view(self, placeholder: impl Fn() -> AnyView + Send + 'static, view: impl Fn(T) -> AnyView + Send + 'static) -> AnyView {
        let view = move |value: &(dyn Any + Send + Sync)| value.downcast_ref::<T>().cloned().map(&view);
        shown(self.state, self.again, Box::new(placeholder), Box::new(view))
    }
}

fn below(state: State, view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let settled = Memo::new(move |_| state.with(Option::is_some));
    changing(Box::new(move || settled.get().then(&view).into_any()))
}

fn shown(
    state: State,
    again: RwSignal<u32>,
    placeholder: Box<dyn Fn() -> AnyView + Send>,
    view: Box<dyn Fn(&(dyn Any + Send + Sync)) -> Option<AnyView> + Send>,
) -> AnyView {
    changing(Box::new(move || match state.get() {
        None => placeholder(),
        Some(Ok(value)) => view(&*value).into_any(),
        Some(Err(failure)) => failed(failure, again),
    }))
}

/// Of no type of value, so that the panel is in the bundle once.
fn failed(failure: Failure, again: RwSignal<u32>) -> AnyView {
    error_panel(failure, move || Again(again).ask())
}

/// Asks for a value again.
#[derive(Clone, Copy)]
pub struct Again(RwSignal<u32>);

impl Again {
    /// Asks again, keeping what is shown.
    pub fn ask(self) {
        self.0.update(|again| *again = again.wrapping_add(1));
    }
}

/// A view that is made anew when what it reads changes. The framework's code for that is ten kilobytes for each type of closure: boxed,
/// all are one type.
pub fn changing(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}
