"""A Python whose imports are done: a server that forks for each `-m rnn_sentiment.NAME`, or kernel.

Importing torch, Lightning and Hydra takes seconds, a fork milliseconds. Each command is still a
process of its own: pid, process group, standard streams, folder, environment, exit status, and
signals, which its caller passes on. Commands of one server share their imports and the seed of
string hashes; a test about these two needs a fresh interpreter (the fixture `run_fresh`).

    python preloaded.py serve SOCKET LAUNCHER         until standard input is closed
    python -IS preloaded.py call SOCKET ARGUMENTS     the same as `python ARGUMENTS`
"""

from __future__ import annotations

import atexit
import json
import os
import re
import runpy
import signal
import socket
import sys
from contextlib import suppress
from select import select
from typing import Any, NoReturn

# Libraries read these while they are imported: where they differ, Python starts from nothing.
READ_AT_IMPORT = (
    "CUDA_", "LOCAL_RANK", "MKL_", "OMP_", "PYTHON", "RANK", "SLURM_", "TORCHELASTIC_", "TORCH_",
    "WORLD_SIZE",
)  # fmt: skip
STREAMS = (0, 1, 2)
PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)

Request = dict[str, Any]  # module, arguments, folder, environment


def main() -> None:
    """Entry of the command line."""
    role, address, *arguments = sys.argv[1:]
    if role == "call":
        call(address, arguments)
    atexit.register(end)  # the first that is registered is the last that is called
    if (request := serve(address)) is not None:
        run(request, launcher=arguments[0])


def call(address: str, arguments: list[str]) -> NoReturn:
    """Have the server run a command line, and end as it ends."""
    if not re.match(r"-m (rnn_sentiment\.\w+|ipykernel_launcher)( |$)", " ".join(arguments)):
        os.execv(sys.executable, [sys.executable, *arguments])
    request = {
        "module": arguments[1],
        "arguments": arguments[2:],
        "folder": os.getcwd(),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [b"\n"], STREAMS)
        server.sendall(json.dumps(request).encode() + b"\n")
        answers = server.makefile()
        if not (pid := int(answers.readline())):
            os.execv(sys.executable, [sys.executable, *arguments])
        for signum in PASSED_ON:
            signal.signal(signum, lambda signum, frame: os.kill(pid, signum))
        status = int(answers.readline())
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def serve(address: str) -> Request | None:
    """Fork for each request: its contents in the fork, None in the server once all is over."""
    ours = read_at_import(dict(os.environ))
    preload()  # which adds to the environment
    alarm, bell = socket.socketpair()  # rung when a command ends
    bell.setblocking(False)
    signal.set_wakeup_fd(bell.fileno())
    signal.signal(signal.SIGCHLD, lambda signum, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which closes our input
    callers: dict[int, socket.socket] = {}  # by the pid of their command
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{address}.new")
        listener.listen()
        os.rename(f"{address}.new", address)  # where there is an address, there is an answer
        while True:
            ready, _, _ = select([0, listener, alarm, *callers.values()], [], [])
            for pid, caller in callers.items():
                if caller in ready or 0 in ready:  # the caller was killed, or all is over
                    with suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
            if 0 in ready:
                return None
            if alarm in ready:
                alarm.recv(4096)
                report_ended(callers)
            if listener in ready:
                caller, _ = listener.accept()
                request, streams = receive(caller)
                pid = 0
                if read_at_import(request["environment"]) == ours:
                    pid = os.fork()
                    if not pid:
                        become_a_command(streams)
                        return request
                    os.setpgid(pid, pid)
                    callers[pid] = caller
                for stream in streams:
                    os.close(stream)
                tell(caller, pid)


def preload() -> None:
    """Import every station of the package, and what stations import as they work."""
    import gc
    import importlib
    import pkgutil

    import rnn_sentiment

    names = [
        *("matplotlib.backends.backend_agg", "pyarrow.parquet", "tokenizers"),
        *("tensorboard.plugins.hparams.api_pb2", "torch.utils.tensorboard"),
    ]
    for station in pkgutil.iter_modules(rnn_sentiment.__path__, "rnn_sentiment."):
        if station.ispkg:
            package = importlib.import_module(station.name)
            found = pkgutil.walk_packages(package.__path__, f"{station.name}.")
            names += [module.name for module in found if not module.name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    from rnn_sentiment.configuration import compose

    compose("model=gru", "data.demo_sizes=[2,2]")  # finds Hydra's plugins and warms up its parser
    assert "huggingface_hub" not in sys.modules, "it reads HF_ENDPOINT as it is imported"
    gc.freeze()  # no collection in a fork touches, and so copies, what all of them share


def receive(caller: socket.socket) -> tuple[Request, list[int]]:
    """Read a request and the standard streams that come with it."""
    _, streams, _, _ = socket.recv_fds(caller, 1, len(STREAMS))
    with caller.makefile() as lines:
        return json.loads(lines.readline()), streams


def read_at_import(environment: dict[str, str]) -> dict[str, str]:
    """The part of an environment on which imports depend."""
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_IMPORT)}


def become_a_command(streams: list[int]) -> None:
    """In a fork: leave the server's group and signals, and take the caller's streams."""
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in zip(STREAMS, streams, strict=True):
        os.dup2(stream, number)
        os.close(stream)


def report_ended(callers: dict[int, socket.socket]) -> None:
    """Tell callers how their commands ended."""
    for pid in list(callers):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with callers.pop(pid) as caller:
                tell(caller, os.waitstatus_to_exitcode(status))


def tell(caller: socket.socket, number: int) -> None:
    """Send a pid or an exit status to a caller, if it still lives."""
    with suppress(BrokenPipeError, ConnectionResetError):
        caller.sendall(f"{number}\n".encode())


def run(request: Request, launcher: str) -> None:
    """Run a module as `python -m` does."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.executable = launcher  # what the command starts, starts as fast
    sys.path[0] = request["folder"]
    sys.argv[1:] = request["arguments"]
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        end.status = 0
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            end.status = stop.code or 0
        raise


class QuickEnd:
    """End a command once its threads and exit handlers are done, before memory is cleared up."""

    status: int | None = None  # of a command that ends in order

    def __call__(self) -> None:
        if self.status is not None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.status)


end = QuickEnd()


if __name__ == "__main__":
    main()
