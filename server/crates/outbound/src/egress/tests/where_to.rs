//! Where a request goes, and where it does not.

use super::*;

#[tokio::test]
async fn a_request_is_written_as_it_was_meant() {
    let server = Server::start(|mut stream, head| async move {
        let answer = format!("HTTP/1.1 200 OK\r\nX-Up: Case\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        stream.write_all(answer.as_bytes()).await
    })
    .await;
    let answer = fetch(&here(), &format!("{}a/../b?x=%20y", server.url())).await.unwrap();
    let head = String::from_utf8(answer.body).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("get /b?x=%20y http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nhost: hooks.test.example:{}\r\n", server.port)), "{head}");
    assert!(head.contains("\r\nuser-agent: hardie/"), "{head}");
    assert!(!head.contains("cookie") && !head.contains("authorization"), "{head}");
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains(&("x-up".to_owned(), "Case".to_owned())));
}

#[tokio::test]
async fn what_is_not_listed_is_not_even_looked_up() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let egress = egress(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    });
    let server = Server::saying(OK).await;
    let port = server.port;
    for entry in [
        format!("https://hooks.test.example:{port}"),
        format!("http://hooks.test.example:{}", port ^ 1),
        format!("POST http://hooks.test.example:{port}"),
        format!("http://*.hooks.test.example:{port}"),
        format!("http://test.example:{port}"),
        format!("http://*.ooks.test.example:{port}"),
    ] {
        let text = denied(egress.send(PLUGIN, get(&server.url()), &[entry.parse().unwrap()], LONG).await);
        assert!(text.contains(&format!("\"GET http://hooks.test.example:{port}\"")), "{text}");
    }
    denied(egress.send(PLUGIN, get(&server.url()), &[], LONG).await);
    assert_eq!((asked.load(Ordering::SeqCst), server.came()), (0, 0));
    for entry in [format!("POST,GET http://hooks.test.example:{port}"), format!("http://*.test.example:{port}")] {
        let allowed: Allowed = entry.parse().unwrap();
        assert_eq!(allowed.to_string(), entry);
        assert!(egress.send(PLUGIN, get(&server.url()), &[allowed], LONG).await.is_ok(), "{entry}");
    }
    for entry in [
        "",
        "https://*",
        "https://*.org",
        "https://*.1.2.3.4",
        "https://a.*.org",
        "TRACE https://h.example",
        "https://h.example/x",
        "h.example",
    ] {
        assert!(entry.parse::<Allowed>().is_err(), "{entry}");
    }
}

#[tokio::test]
async fn a_private_address_is_not_connected_to() {
    let server = Server::saying(OK).await;
    let strict = Egress { lookup: here().lookup, ..Egress::new(|_| false, Vec::new()) };
    let text = denied(fetch(&strict, &server.url()).await);
    assert!(text.contains("loopback") && text.contains("outbound.permit"), "{text}");
    denied(fetch(&strict, &format!("http://2130706433:{}/", server.port)).await);
    let own = Egress { lookup: here().lookup, ..Egress::new(|_| true, vec![([0, 0, 0, 0], server.port).into()]) };
    let text = denied(fetch(&own, &server.url()).await);
    assert!(text.contains("this server itself"), "{text}");
    assert_eq!(server.came(), 0);
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_that_is_connected_to() {
    let judged = Server::saying(OK).await;
    let other = TcpListener::bind(("127.0.0.2", judged.port)).await.unwrap();
    let other = Server::on(other, |_, _| async { Ok(()) });
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let egress = egress(move |name| {
        assert_eq!(name, "hooks.test.example");
        let last = if count.fetch_add(1, Ordering::SeqCst) == 0 { 1 } else { 2 };
        Ok(vec![Ipv4Addr::new(127, 0, 0, last).into()])
    });
    assert_eq!(fetch(&egress, &judged.url()).await.unwrap().body, b"ok");
    assert_eq!((asked.load(Ordering::SeqCst), judged.came(), other.came()), (1, 1, 0), "asked once, connected once");
    // The same host with an inner address besides: that one is dropped.
    let only_first = |address: IpAddr| address == Ipv4Addr::new(127, 0, 0, 1);
    let mixed: Lookup = Arc::new(|_| Ok(vec![Ipv4Addr::new(127, 0, 0, 2).into(), Ipv4Addr::LOCALHOST.into()]));
    let egress = Egress { lookup: mixed, ..Egress::new(only_first, Vec::new()) };
    assert!(fetch(&egress, &judged.url()).await.is_ok());
    assert_eq!((judged.came(), other.came()), (2, 0));
}

#[tokio::test]
async fn redirects_come_back_as_they_are() {
    let inner = Server::saying(OK).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://127.0.0.1:{}/inner", inner.port);
        let server = Server::saying(format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
        let answer = fetch(&here(), &server.url()).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.headers.contains(&("location".to_owned(), location.clone())));
        let allowed = ["http://hooks.test.example".parse().unwrap()];
        denied(here().send(PLUGIN, get(&location), &allowed, LONG).await);
        assert_eq!((server.came(), inner.came()), (1, 0));
    }
}

#[tokio::test]
async fn an_answer_that_repeats_a_secret_is_masked() {
    let server = Server::start(|mut stream, head| async move {
        let key = head.lines().find_map(|line| line.strip_prefix("x-key: ")).unwrap_or_default();
        let answer = format!("HTTP/1.1 200 OK\r\nX-Echo: {key}\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        stream.write_all(answer.as_bytes()).await
    })
    .await;
    let slot = |prefix: &str| HeaderValue::Secret { prefix: prefix.to_owned(), name: "key".to_owned() };
    let sign = HeaderValue::Signature { prefix: String::new(), name: "key".to_owned() };
    let headers = vec![("x-key".to_owned(), slot("Bearer ")), ("x-sign".to_owned(), sign)];
    let url = format!("{}hooks/{{secret:key}}", server.url());
    let request = HttpRequest { method: "GET".to_owned(), url, headers, body: Vec::new() };
    let secret = |_: &str, _: &Destination, _: Slot<'_>| Ok(Some(Secret::new("T0/B0/s3cr3t")));
    let request = fill(request, &|_, _| Ok(()), &secret).unwrap();
    let allowed = [request.destination().to_string().parse().unwrap()];
    let answer = here().send(PLUGIN, request, &allowed, LONG).await.unwrap();
    let body = String::from_utf8(answer.body).unwrap();
    assert!(body.starts_with("GET /hooks/[secret] HTTP/1.1\r\n") && body.contains("x-key: Bearer [secret]\r\n"), "{body}");
    assert!(body.contains("x-sign: [secret]\r\n") && !body.contains("s3cr3t"), "{body}");
    assert!(answer.headers.contains(&("x-echo".to_owned(), "Bearer [secret]".to_owned())), "{:?}", answer.headers);
}

#[tokio::test]
async fn nobody_there_is_told_as_such() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let text = failed(fetch(&here(), &format!("http://hooks.test.example:{free}/")).await);
    assert!(text.contains("nothing listens"), "{text}");
    let nameless = egress(|_| Err(io::Error::other("what the resolver says")));
    let text = failed(fetch(&nameless, "http://hooks.test.example/").await);
    assert!(text.contains("has no address") && !text.contains("resolver"), "{text}");
}
