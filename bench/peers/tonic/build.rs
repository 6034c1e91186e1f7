//! Generates the Greeter from the contract whose path is in GREETER_CONTRACT.

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=GREETER_CONTRACT");
    let path = std::env::var("GREETER_CONTRACT")?;
    println!("cargo:rerun-if-changed={path}");
    let contract = prost_types::FileDescriptorSet::decode(std::fs::read(path)?.as_slice())?;
    tonic_prost_build::configure().build_client(false).compile_fds(contract)?;
    Ok(())
}
