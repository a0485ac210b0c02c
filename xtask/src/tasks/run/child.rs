//! A started part: ready when it says so, ended when this is dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Why waiting is over.
#[derive(Debug)]
pub enum News {
    /// Somebody wants all of it to stop.
    Interrupted,
    /// A part ended.
    Ended(&'static str, ExitStatus),
}

/// Reports SIGINT and SIGTERM. A terminal sends Ctrl-C to the parts as well; they drain either way.
pub fn watch_signals(news: Sender<News>) -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if news.send(News::Interrupted).is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// A running part of Hardie.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    waiter: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts it and waits for its ready line. Its log goes to our standard error.
    pub fn start(name: &'static str, command: &mut Command, news: &Sender<News>, arrivals: &Receiver<News>) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{name} could not be started"))?;
        let pid = Pid::from_child(&process);
        let output = process.stdout.take().context("a started part has no standard output")?;
        let news = news.clone();
        let waiter = std::thread::spawn(move || {
            if let Ok(status) = process.wait() {
                let _ = news.send(News::Ended(name, status));
            }
        });
        let child = Self { pid, waiter: Some(waiter) };
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line).with_context(|| format!("{name} says nothing"))?;
        if line.contains("\"ready\":true") {
            // It prints nothing more, but a full pipe must never stop it.
            std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            return Ok(child);
        }
        match arrivals.recv() {
            Ok(News::Ended(..)) => bail!("{name} did not start; its messages are above"),
            _ => bail!("interrupted"),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A part that has ended and was waited for cannot be reached by its number any more, which may be another's by now.
        if let Some(waiter) = self.waiter.take() {
            if !waiter.is_finished() {
                let _ = kill_process(self.pid, Signal::TERM);
            }
            let _ = waiter.join();
        }
    }
}
