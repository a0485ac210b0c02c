//! TLS: who is believed, which name is asked for, and both versions of HTTP over it.

use std::convert::Infallible;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A certificate for hooks.test.example until 2120, signed by itself, and its key, made for these tests.
const CERTIFICATE: &str = concat!(
    "MIIBjjCCATSgAwIBAgIBATAKBggqhkjOPQQDAjAdMRswGQYDVQQDDBJob29rcy50ZXN0LmV4YW1wbGUwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMB0x",
    "GzAZBgNVBAMMEmhvb2tzLnRlc3QuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGNlrgpGKfSTeANP5ohqDQQ84mx5Nd8IykkH5TvoCFJUHiX2QDZOS46T",
    "Q41P75YoBEnbnhvMy+G4ydg9UrbmNcGjYzBhMB0GA1UdEQQWMBSCEmhvb2tzLnRlc3QuZXhhbXBsZTAMBgNVHRMBAf8EAjAAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0G",
    "A1UdDgQWBBRLUBiG6kZdNV/EmvvDHpieObzk5TAKBggqhkjOPQQDAgNIADBFAiEA7OhFveGX9+5soK7QGok94XvLX7R7xO98x4ewqJKsBKwCIHDjhuHoC/Y+gPcVYuVu",
    "Bbzy8o8ajnXkwBS4SIsQAW+C",
);
const KEY: &str = concat!(
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZ1ys444ZU1n4kr4ZJoFV3P7XxbDvSsfciZhivvsNwxChRANCAARjZa4KRin0k3gDT+aIag0EPOJseTXf",
    "CMpJB+U76AhSVB4l9kA2TkuOk0ONT++WKARJ254bzMvhuMnYPVK25jXB",
);

fn certificate() -> CertificateDer<'static> {
    STANDARD.decode(CERTIFICATE).unwrap().into()
}

/// A server that speaks what `alpn` says; the port, and the names that it was asked for.
async fn secure(alpn: &'static [u8]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let key = PrivatePkcs8KeyDer::from(STANDARD.decode(KEY).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate()], key.into()).unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let names = Arc::new(Mutex::new(Vec::new()));
    let seen = names.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(tcp).await else { continue };
            seen.lock().unwrap().push(stream.get_ref().1.server_name().unwrap_or_default().to_owned());
            let service = service_fn(echo);
            let stream = TokioIo::new(stream);
            if alpn == connect::H2 {
                tokio::spawn(hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service));
            } else {
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
            }
        }
    });
    (port, names)
}

/// Says back the version, host and path of a request; a megabyte follows, so that the body outlives the head.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
    let host = host.or_else(|| request.uri().authority().map(ToString::to_string)).unwrap_or_default();
    let said = format!("{:?} {host} {}\n", request.version(), request.uri().path());
    Ok(Response::new(Full::new(Bytes::from(said + &"x".repeat(1 << 20)))))
}

/// Believes that one certificate.
fn trusting() -> Egress {
    let mut roots = RootCertStore::empty();
    roots.add(certificate()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let mut config = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![connect::H2.to_vec(), b"http/1.1".to_vec()];
    Egress { tls: OnceCell::new_with(Some(Arc::new(config))), ..here() }
}

#[tokio::test]
async fn both_versions_of_http_keep_name_and_host() {
    for (alpn, version) in [(&b"http/1.1"[..], "HTTP/1.1"), (connect::H2, "HTTP/2.0")] {
        let (port, names) = secure(alpn).await;
        let answer = fetch(&trusting(), &format!("https://hooks.test.example:{port}/a")).await.unwrap();
        let body = String::from_utf8(answer.body).unwrap();
        assert_eq!(body.lines().next().unwrap(), format!("{version} hooks.test.example:{port} /a"));
        assert!(body.len() > 1 << 20);
        assert_eq!(*names.lock().unwrap(), ["hooks.test.example"]);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_ends_it() {
    let (port, _) = secure(b"http/1.1").await;
    let text = failed(fetch(&trusting(), &format!("https://other.test.example:{port}/")).await);
    assert!(text.contains("for another name") && !text.contains("hooks"), "{text}");
    let text = failed(fetch(&trusting(), &format!("https://127.0.0.1:{port}/")).await);
    assert!(text.contains("for another name"), "{text}");
    // With the system's own certificates.
    let text = failed(fetch(&here(), &format!("https://hooks.test.example:{port}/")).await);
    assert!(text.contains("certificate") || text.contains("cannot speak TLS"), "{text}");
    // Plain where TLS is spoken, and the other way round.
    failed(fetch(&trusting(), &format!("http://hooks.test.example:{port}/")).await);
    let plain = Server::saying(OK).await;
    let hasty = Egress { bounds: Bounds { head: Duration::from_millis(400), ..Bounds::default() }, ..trusting() };
    failed(fetch(&hasty, &format!("https://hooks.test.example:{}/", plain.port)).await);
}
