//! Generated from `wit/`: the traits that the host implements and the calls that a component answers. All worlds at once; which of them a
//! component serves, and what it may import for that, is `inspect.rs`'s to say.

wasmtime::component::bindgen!({
    inline: "
        package hardie:host;
        world host {
            include hardie:plugin/policy-online@0.1.0;
            include hardie:plugin/events@0.1.0;
            include hardie:plugin/web@0.1.0;
        }
    ",
    path: "../../../wit",
    world: "hardie:host/host",
    imports: { default: trappable },
    with: {
        "hardie:plugin/repository.push": crate::host::PushHandle,
        "hardie:plugin/repository.commit": crate::host::CommitHandle,
        "hardie:plugin/repository.repository": crate::host::RepositoryHandle,
        "hardie:plugin/event.event": crate::host::EventHandle,
        "hardie:plugin/web-request.request": crate::host::RequestHandle,
        "hardie:plugin/caller.caller": crate::host::CallerHandle,
    },
});
