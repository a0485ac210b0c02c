use std::net::IpAddr;

use super::*;
use crate::egress::url_text;

fn vetting(permitted: &'static [&'static str], own: &[&str]) -> Vetting {
    let permitted = Box::new(move |address: IpAddr| permitted.iter().any(|text| text.parse::<IpAddr>().unwrap() == address));
    Vetting::new(permitted, own.iter().map(|door| door.parse().unwrap()).collect())
}

/// What a URL with an address for a host meets: refused while it is read, or where it leads.
fn meets(url: &str) -> Result<IpAddr, String> {
    let (destination, url) = url_text::read(url)?;
    let address: IpAddr = match destination.host() {
        url::Host::Domain(name) => return Err(format!("a name: {name}")),
        url::Host::Ipv4(v4) => (*v4).into(),
        url::Host::Ipv6(v6) => (*v6).into(),
    };
    assert_eq!(url.port_or_known_default(), Some(destination.port()));
    vetting(&[], &[]).judge(address, destination.port()).map(|()| address).map_err(|refusal| format!("{refusal:?}"))
}

#[test]
fn no_form_of_an_inner_address_gets_through() {
    let hosts = [
        // Loopback, in every form that a resolver or a browser takes.
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0x7F.1",
        "127.255.255.254",
        "127.0.0.1.",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::127.0.0.1]",
        "[64:ff9b:1:7f00:0:100::]",
        "[2002:7f00:1::]",
        "[2002:7f00:0001::1]",
        "[2001:0:7f00:1::]",
        "[2001::80ff:fffe]",
        "[2a00::5efe:7f00:1]",
        // Unspecified.
        "0.0.0.0",
        "0",
        "0x0",
        "0.1.2.3",
        "[::]",
        "[::ffff:0.0.0.0]",
        "[64:ff9b::]",
        // Private, link-local, shared.
        "10.0.0.1",
        "10.255.255.255",
        "167772161",
        "0xa.1",
        "012.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "0300.0250.1.1",
        "3232235777",
        "169.254.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[febf::1]",
        "[fec0::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a00:1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:a00:1::1]",
        "[2001:0:a00:1::]",
        // Metadata.
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "[fd20:ce::254]",
        // Nobody's.
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "198.18.0.1",
        "198.19.255.255",
        "192.88.99.1",
        "[ff02::1]",
        "[ff0e::1]",
        "[2001:db8::1]",
        "[3fff:fff::1]",
        "[2001:2::1]",
        "[2001:20::1]",
        "[100::1]",
        "[5f00::1]",
        "[4000::1]",
        "[2002:808:808::1]",
        "[2001::1]",
        "[64:ff9b:1::808:808]",
        "[::8.8.8.8]",
    ];
    assert!(hosts.len() > 90, "{}", hosts.len());
    for host in hosts {
        for url in [format!("http://{host}/"), format!("https://{host}:8443/x?y=z")] {
            let met = meets(&url);
            assert!(met.is_err(), "{url}: {met:?}");
            assert!(!met.clone().unwrap_err().starts_with("a name"), "{url} was taken for a name: {met:?}");
        }
    }
}

#[test]
fn public_addresses_get_through_in_the_form_that_is_connected_to() {
    for (host, reached) in [
        ("8.8.8.8", "8.8.8.8"),
        ("134744072", "8.8.8.8"),
        ("172.15.0.1", "172.15.0.1"),
        ("172.32.0.1", "172.32.0.1"),
        ("100.128.0.1", "100.128.0.1"),
        ("[2606:4700::1111]", "2606:4700::1111"),
        ("[64:ff9b::8.8.8.8]", "64:ff9b::808:808"),
        ("[::ffff:8.8.8.8]", "::ffff:8.8.8.8"),
    ] {
        assert_eq!(meets(&format!("https://{host}/")), Ok(reached.parse().unwrap()), "{host}");
    }
    let at = "https://one.test.example".parse().unwrap();
    let found = vec!["::ffff:8.8.8.8".parse().unwrap(), "10.0.0.1".parse().unwrap(), "2606:4700::1111".parse().unwrap()];
    let chosen: Vec<String> = vetting(&[], &[]).choose(&at, found).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(chosen, ["8.8.8.8:443", "[2606:4700::1111]:443"], "the inner one is dropped, the others are canonical");
}

#[test]
fn a_permit_opens_what_it_names_but_never_metadata_nor_this_server() {
    let permit: &[&str] = &["10.1.2.3", "127.0.0.1", "169.254.169.254", "0.0.0.0", "255.255.255.255", "224.0.0.1"];
    let vetting = vetting(permit, &["0.0.0.0:3000", "[::ffff:192.0.2.7]:22"]);
    let judge = |address: &str, port| vetting.judge(address.parse().unwrap(), port);
    assert_eq!(judge("10.1.2.3", 3000), Ok(()), "the port of this server on another machine");
    assert_eq!(judge("::ffff:10.1.2.3", 80), Ok(()));
    assert!(matches!(judge("10.1.2.4", 80), Err(Refusal::Closed(_))));
    assert_eq!(judge("127.0.0.1", 80), Ok(()));
    for (address, port) in [
        ("127.0.0.1", 3000),
        ("::ffff:127.0.0.1", 3000),
        ("64:ff9b::7f00:1", 3000),
        ("192.0.2.7", 22),
        ("169.254.169.254", 80),
        ("0.0.0.0", 80),
        ("255.255.255.255", 80),
        ("224.0.0.1", 80),
    ] {
        assert!(matches!(judge(address, port), Err(Refusal::Never(_))), "{address}:{port}");
    }
}

#[test]
fn a_refusal_says_the_way_out_and_not_the_address() {
    let at = "https://inner.test.example".parse().unwrap();
    let refused = vetting(&[], &[]).choose(&at, vec!["10.9.8.7".parse().unwrap()]).unwrap_err().to_string();
    assert!(refused.contains("outbound.permit") && refused.contains("private network"), "{refused}");
    assert!(!refused.contains("10.9.8.7"), "{refused}");
}

#[test]
fn urls_that_two_readers_would_read_differently_are_refused() {
    for url in [
        "",
        "hooks.example.org",
        "//hooks.example.org",
        "ftp://hooks.example.org",
        "file:///etc/passwd",
        "gopher://h.example/",
        "javascript:alert(1)",
        "https:hooks.example.org",
        "https:/hooks.example.org",
        "https:///hooks.example.org",
        "https://",
        "https://?x",
        "https://:443/",
        "https://user@hooks.example.org",
        "https://user:pass@hooks.example.org",
        "https://@hooks.example.org",
        "https://hooks.example.org@127.0.0.1",
        "https://hooks.example.org:80@127.0.0.1/",
        "https://hooks.example.org\\@127.0.0.1",
        "https://hooks.example.org\\.127.0.0.1",
        "https://h\n.example",
        "https://h\t.example",
        " https://h.example",
        "https://h.example/a b",
        "https://h.example/\r\nHost: x",
        "https://h.example/\0",
        "https://h.example/#f",
        "https://h.example:0/",
        "https://h.example:65536/",
        "https://h.example:-1/",
        "https://h.example:x/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[::1",
        "https://::1/",
        "https://h..example/",
        "https://h.example../",
        "https://.example/",
        "https://./",
        "https://%00.example",
        "https://a%2fb.example",
        "https://a,b.example",
        "https://256.0.0.1",
        "https://1.2.3.4.5",
        "https://0x100000000",
        "https://a.0x7f",
        "https://xn--/",
        "https://*.example.org",
    ] {
        assert!(url_text::read(url).is_err(), "{url:?}: {:?}", url_text::read(url));
    }
    assert!(url_text::read(&format!("https://h.example/{}", "x".repeat(9000))).is_err());
}

#[test]
fn one_destination_has_one_form() {
    for (text, form) in [
        ("HTTPS://Hooks.Example.ORG", "https://hooks.example.org"),
        ("https://hooks.example.org.:443/", "https://hooks.example.org"),
        ("http://hooks.example.org:80", "http://hooks.example.org"),
        ("https://hooks.example.org:80", "https://hooks.example.org:80"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://ｈｏｏｋｓ.example", "https://hooks.example"),
        ("http://0x8080808:8080", "http://8.8.8.8:8080"),
        ("https://[2606:4700:0:0::1111]:8443", "https://[2606:4700::1111]:8443"),
    ] {
        assert_eq!(text.parse::<Destination>().unwrap().to_string(), form, "{text}");
    }
    for text in ["https://h.example/x", "https://h.example?x", "https://*.example", "h.example"] {
        assert!(text.parse::<Destination>().is_err(), "{text}");
    }
}
