//! The Greeter on tonic, on one thread; it prints its port.

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::time::SystemTime;

use tokio_stream::{Stream, StreamExt};
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use greeter::greeter_server::{Greeter, GreeterServer};
use greeter::{HelloReply, HelloRequest};

mod greeter {
    tonic::include_proto!("greeter");
}

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

struct Work {
    server_id: String,
}

impl Work {
    /// What every peer does for a unary call, so that only the way there and back differs.
    fn reply(&self, message: String) -> Response<HelloReply> {
        Response::new(HelloReply { message, timestamp: now(), server_id: self.server_id.clone() })
    }
}

/// The time by RFC 3339, in UTC.
fn now() -> String {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let time = prost_types::Timestamp { seconds: time.as_secs() as i64, nanos: time.subsec_nanos() as i32 };
    time.to_string()
}

/// One reply of a stream: about 40 bytes.
fn stream_reply(name: &str) -> HelloReply {
    HelloReply { message: format!("Hello {name}! Here is another message"), ..Default::default() }
}

#[tonic::async_trait]
impl Greeter for Work {
    type SayHelloStreamStream = Replies;
    type ChatStream = Replies;

    async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let HelloRequest { name, age } = request.into_inner();
        let message = if age > 0 { format!("Hello, {name}! You are {age} years old.") } else { format!("Hello, {name}!") };
        Ok(self.reply(message))
    }

    /// Sends as many replies as the age says.
    async fn say_hello_stream(&self, request: Request<HelloRequest>) -> Result<Response<Replies>, Status> {
        let HelloRequest { name, age } = request.into_inner();
        Ok(Response::new(Box::pin(tokio_stream::iter((0..age).map(move |_| Ok(stream_reply(&name)))))))
    }

    async fn say_hello_to_many(&self, request: Request<Streaming<HelloRequest>>) -> Result<Response<HelloReply>, Status> {
        let mut requests = request.into_inner();
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(self.reply(format!("Hello to {count} people!")))
    }

    async fn chat(&self, request: Request<Streaming<HelloRequest>>) -> Result<Response<Replies>, Status> {
        let replies = request.into_inner().map(|request| request.map(|HelloRequest { name, .. }| stream_reply(&name)));
        Ok(Response::new(Box::pin(replies)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server_id = std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_string();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let incoming = TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into())?.with_nodelay(Some(true));
        println!("port {}", incoming.local_addr()?.port());
        tonic::transport::Server::builder()
            .max_concurrent_streams(1000)
            .add_service(
                GreeterServer::new(Work { server_id })
                    .accept_compressed(CompressionEncoding::Gzip)
                    .send_compressed(CompressionEncoding::Gzip),
            )
            .serve_with_incoming(incoming)
            .await?;
        Ok(())
    })
}
