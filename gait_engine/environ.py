"""The environment of this process: Host hands it out, the front of the CLI peeks without Host."""

import os

ENVIRONMENT = os.environ
