"""A real S3 server, over HTTP (moto's)."""

from __future__ import annotations

import uuid
from contextlib import contextmanager

import pytest


@contextmanager
def running_s3():
    """Yield the settings by which botocore finds the server; meanwhile this process has them, too."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as environment:
        for name, value in found.items():
            environment.setenv(name, value)
        yield found
    server.stop()


def make_bucket():
    """Return the address of a new bucket on it."""
    import fsspec

    bucket = f"docent-{uuid.uuid4().hex}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
    return f"s3://{bucket}"
