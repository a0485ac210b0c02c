//! Generated from `wit/`: the traits that the host implements and the calls that a component answers.

wasmtime::component::bindgen!({
    path: "../../../wit",
    world: "policy",
    imports: { default: trappable },
    with: {
        "hardie:plugin/repository.push": crate::host::PushHandle,
        "hardie:plugin/repository.commit": crate::host::CommitHandle,
        "hardie:plugin/repository.repository": crate::host::RepositoryHandle,
    },
});
