//! One child under way.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, pidfd_open, prlimit, setpriority_process};

use crate::budget::Cancel;
use crate::error::{Error, Result};

/// How long one wait may last before the deadline and the caller's wish are looked at again.
const TICK: Duration = Duration::from_millis(100);

/// Niceness of work that nobody waits for (setpriority(2)): a tenth of the processor where all of it is wanted.
const STANDS_BACK: i32 = 10;

/// What a child may use.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Wall clock, and CPU on top of what many threads need.
    pub(crate) time: Duration,
    /// Private memory in bytes.
    pub(crate) memory: u64,
    /// Size of one file that it writes, in bytes.
    pub(crate) file: u64,
}

/// Takes what the child writes. `Break` kills it.
pub(crate) trait Output {
    fn stdout(&mut self, bytes: &[u8]) -> ControlFlow<()>;
    fn stderr(&mut self, bytes: &[u8]) -> ControlFlow<()>;
}

/// Killed and reaped when dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    deadline: Instant,
    cancel: Cancel,
    buffer: Vec<u8>,
}

impl Running {
    pub(crate) fn spawn(mut command: Command, bounds: &Bounds, cancel: &Cancel) -> Result<Running> {
        let failed = |e: io::Error| Error::io("starting git", e);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let deadline = Instant::now() + bounds.time.min(Duration::from_secs(7 * 86_400));
        // Built before anything can fail, so that the child is killed if it does.
        let running = Running { child, stdin, stdout, stderr, deadline, cancel: cancel.clone(), buffer: vec![0; 64 << 10] };
        running.limit(bounds)?;
        let pipes: [Option<BorrowedFd<'_>>; 3] =
            [running.stdin.as_ref().map(AsFd::as_fd), running.stdout.as_ref().map(AsFd::as_fd), running.stderr.as_ref().map(AsFd::as_fd)];
        for fd in pipes.into_iter().flatten() {
            rustix::io::ioctl_fionbio(fd, true).map_err(|e| failed(e.into()))?;
        }
        Ok(running)
    }

    /// Sets limits from outside: the child has at most read its arguments by then.
    fn limit(&self, bounds: &Bounds) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let cpu = bounds.time.as_secs().saturating_mul(4).max(1);
        for (resource, value) in
            [(Resource::Data, bounds.memory), (Resource::Fsize, bounds.file), (Resource::Cpu, cpu), (Resource::Core, 0)]
        {
            match prlimit(pid, resource, Rlimit { current: Some(value), maximum: Some(value) }) {
                // It has ended already, or our own limit is lower than the one asked for.
                Ok(_) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => {}
                Err(error) => return Err(Error::io("limiting git", error.into())),
            }
        }
        Ok(())
    }

    /// Gives way to whoever is served: for work that nobody waits for.
    pub(crate) fn stand_back(&self) {
        // None would be this process.
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        // It has ended already, or the system does not allow it: the work is the same.
        let _ = setpriority_process(Some(pid), STANDS_BACK);
    }

    /// Writes to the child while draining it. `false` once the child no longer reads: [`Running::finish`] tells why.
    pub(crate) fn write_all(&mut self, mut bytes: &[u8], output: &mut dyn Output) -> Result<bool> {
        while !bytes.is_empty() {
            if !self.turn(true, output)? {
                continue;
            }
            let Some(stdin) = self.stdin.as_mut() else { return Ok(false) };
            match stdin.write(bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock || e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                    self.stdin = None;
                    return Ok(false);
                }
                Err(e) => return Err(Error::io("writing to git", e)),
            }
        }
        Ok(true)
    }

    /// Closes the child's input, drains it to the end and reaps it.
    pub(crate) fn finish(&mut self, output: &mut dyn Output) -> Result<ExitStatus> {
        self.stdin = None;
        while self.stdout.is_some() || self.stderr.is_some() {
            self.turn(false, output)?;
        }
        // Both pipes are closed: it is about to end. Its end is waited for under the same deadline.
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let ended = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        loop {
            if let Some(status) = self.child.try_wait().map_err(|e| Error::io("waiting for git", e))? {
                return Ok(status);
            }
            self.check()?;
            let Some(ended) = &ended else { return self.child.wait().map_err(|e| Error::io("waiting for git", e)) };
            wait_for(&mut [PollFd::new(ended, PollFlags::IN)], TICK)?;
        }
    }

    fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Stopped("cancelled"));
        }
        if Instant::now() >= self.deadline {
            return Err(Error::Stopped("git took longer than the time allowed"));
        }
        Ok(())
    }

    /// Waits until something can be done, reads what there is, and says whether the child takes input.
    fn turn(&mut self, write: bool, output: &mut dyn Output) -> Result<bool> {
        self.check()?;
        let wait = TICK.min(self.deadline.saturating_duration_since(Instant::now()));
        let (out, err, takes) = ready(self.stdout.as_ref(), self.stderr.as_ref(), self.stdin.as_ref().filter(|_| write), wait)?;
        let mut flow = ControlFlow::Continue(());
        if err {
            flow = drain(&mut self.stderr, &mut self.buffer, &mut |bytes| output.stderr(bytes))?;
        }
        if out && flow.is_continue() {
            flow = drain(&mut self.stdout, &mut self.buffer, &mut |bytes| output.stdout(bytes))?;
        }
        if flow.is_break() {
            return Err(Error::Stopped("the receiver has gone"));
        }
        // A closed input is found out by writing to it.
        Ok(takes || (write && self.stdin.is_none()))
    }
}

/// Which of the three pipes can be used without waiting.
fn ready(out: Option<&ChildStdout>, err: Option<&ChildStderr>, input: Option<&ChildStdin>, wait: Duration) -> Result<(bool, bool, bool)> {
    let watched = [
        out.map(|fd| PollFd::new(fd, PollFlags::IN)),
        err.map(|fd| PollFd::new(fd, PollFlags::IN)),
        input.map(|fd| PollFd::new(fd, PollFlags::OUT)),
    ];
    let place = |at: usize| watched.iter().take(at).flatten().count();
    let places = [place(0), place(1), place(2)];
    let present = [out.is_some(), err.is_some(), input.is_some()];
    let mut fds: Vec<PollFd<'_>> = watched.into_iter().flatten().collect();
    wait_for(&mut fds, wait)?;
    let is = |pipe: usize| {
        let at = places.get(pipe).filter(|_| present.get(pipe) == Some(&true));
        at.and_then(|at| fds.get(*at)).is_some_and(|fd| !fd.revents().is_empty())
    };
    Ok((is(0), is(1), is(2)))
}

fn wait_for(fds: &mut [PollFd<'_>], wait: Duration) -> Result<()> {
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
    match poll(fds, Some(&wait)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(Error::io("waiting for git", error.into())),
    }
}

fn drain(pipe: &mut Option<impl io::Read>, buffer: &mut [u8], take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<ControlFlow<()>> {
    let Some(open) = pipe else { return Ok(ControlFlow::Continue(())) };
    match open.read(buffer) {
        Ok(0) => *pipe = None,
        Ok(n) => return Ok(take(buffer.get(..n).unwrap_or_default())),
        Err(e) if e.kind() == io::ErrorKind::WouldBlock || e.kind() == io::ErrorKind::Interrupted => {}
        Err(e) => return Err(Error::io("reading from git", e)),
    }
    Ok(ControlFlow::Continue(()))
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has been reaped, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
