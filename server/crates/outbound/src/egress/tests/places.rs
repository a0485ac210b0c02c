//! How many requests are under way, and what becomes of those that nobody waits for.

use futures_util::future::join_all;
use tokio::sync::watch;

use super::*;

/// Holds every request until it is told to go on; counts how many there are, and the most there were.
async fn holding() -> (Server, watch::Sender<bool>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (go, wait) = watch::channel(false);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, peak) = (now.clone(), most.clone());
    let server = Server::start(move |mut stream, _| {
        let (mut wait, count, peak) = (wait.clone(), count.clone(), peak.clone());
        async move {
            peak.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let mut byte = [0];
            let gone = tokio::select! {
                _ = wait.wait_for(|go| *go) => false,
                _ = stream.read(&mut byte) => true,
            };
            count.fetch_sub(1, Ordering::SeqCst);
            if gone { Ok(()) } else { stream.write_all(OK).await }
        }
    })
    .await;
    (server, go, now, most)
}

/// Turns the runtime until `count` is `wanted`, for ten seconds at most.
async fn until(count: &AtomicUsize, wanted: usize) {
    let end = Instant::now() + Duration::from_secs(10);
    while count.load(Ordering::SeqCst) != wanted {
        assert!(Instant::now() < end, "{} instead of {wanted}", count.load(Ordering::SeqCst));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn four_of_an_installation_and_thirty_two_in_all_are_under_way() {
    let (server, go, now, most) = holding().await;
    let egress = Arc::new(here());
    let send = |installation: i64| {
        let (egress, request) = (egress.clone(), get(&server.url()));
        let allowed = [request.destination().to_string().parse().unwrap()];
        tokio::spawn(async move { egress.send(InstallationId(installation), request, &allowed, LONG).await })
    };
    let mut all: Vec<_> = (0..50).map(|_| send(1)).collect();
    until(&now, 4).await;
    all.extend((2..20).flat_map(|installation| [installation; 5]).map(send));
    until(&now, 32).await;
    go.send(true).unwrap();
    for answer in join_all(all).await {
        assert_eq!(answer.unwrap().unwrap().body, b"ok");
    }
    assert_eq!((most.load(Ordering::SeqCst), server.came()), (32, 50 + 18 * 5));
}

#[tokio::test]
async fn waiting_for_a_place_counts_and_takes_nothing_from_others() {
    let (server, _go, now, most) = holding().await;
    let egress = here();
    let send = |installation: i64, deadline: Duration| {
        let request = get(&server.url());
        let allowed: [Allowed; 1] = [request.destination().to_string().parse().unwrap()];
        let egress = &egress;
        async move { egress.send(InstallationId(installation), request, &allowed, deadline).await }
    };
    let four = join_all((0..4).map(|_| send(1, LONG)));
    let fifth = async {
        until(&now, 4).await;
        let text = failed(send(1, Duration::from_millis(100)).await);
        assert!(text.contains("4 of this plugin"), "{text}");
    };
    // The four are dropped when the fifth is through.
    tokio::select! { _ = four => panic!("nobody let them go on"), () = fifth => {} }
    until(&now, 0).await;
    assert_eq!(most.load(Ordering::SeqCst), 4);
    // Their places are free again.
    let again = join_all((0..4).map(|_| send(1, LONG)));
    tokio::select! { _ = again => panic!("nobody let them go on"), () = until(&now, 4) => {} }
    until(&now, 0).await;
}

#[tokio::test]
async fn a_slow_resolver_holds_no_more_threads_than_there_are_places() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let slow = egress(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        // Ends when the test drops the other side.
        let _ = held.lock().map(|held| held.recv());
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    });
    let bounds = Bounds { lookup: Duration::from_millis(100), ..Bounds::default() };
    let slow = Egress { bounds, ..slow };
    let request = || get("http://hooks.test.example/");
    let allowed = ["http://hooks.test.example".parse().unwrap()];
    let answers = join_all((0..12).map(|_| slow.send(PLUGIN, request(), &allowed, Duration::from_millis(800)))).await;
    let texts: Vec<String> = answers.into_iter().map(failed).collect();
    assert_eq!(texts.iter().filter(|text| text.contains("not resolved within")).count(), 4, "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("4 of this plugin")).count(), 8, "{texts:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    drop(hold);
}
