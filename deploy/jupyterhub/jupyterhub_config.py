"""A hub for one nbgrader course: students' servers, and a formgrader that instructors share.

All options are environment variables; hub.env lists and explains them. Students are the rows of
the course's students.csv, instructors those of instructors.csv. README.md walks through it all.
"""

import csv
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821

HERE = Path(__file__).resolve().parent
ROOT = Path(os.environ.get("HUB_ROOT", "/srv/efficientai"))
COURSE = os.environ.get("HUB_COURSE", "efficient-ai")
STUDENTS = Path(os.environ.get("HUB_STUDENTS", "/opt/efficientai"))
GRADER = os.environ.get("HUB_GRADER", "grader-efficientai")
GRADER_PORT = os.environ.get("HUB_GRADER_PORT", "9999")
PATIENCE_S = 180  # for a server to start when a whole class logs in at once


def accounts(table: str) -> set[str]:
    """The column `id` of a table of people, as nbgrader's own import takes it."""
    with open(ROOT / table, newline="", encoding="utf-8-sig") as lines:
        return {row["id"].strip().lower() for row in csv.DictReader(lines)}


if (ROOT / "course").stat().st_mode & 0o007:
    sys.exit(f"{ROOT / 'course'} holds solutions and hidden tests: chmod 700 it, then start again.")

# ---------------------------------------------------------------- people

INSTRUCTORS = accounts("instructors.csv")
PEOPLE = INSTRUCTORS | accounts("course/students.csv")

# nbgrader knows a course's people by these names of groups.
FORMGRADE, NBGRADER = f"formgrade-{COURSE}", f"nbgrader-{COURSE}"

MEMBERS = {FORMGRADE: INSTRUCTORS, NBGRADER: PEOPLE}


async def enrol(authenticator, handler, auth_model: dict) -> dict:
    """Give who logs in the groups of the tables, and no others."""
    name = auth_model["name"]
    groups = [group for group, members in MEMBERS.items() if name in members]
    return {**auth_model, "groups": groups}


c.JupyterHub.authenticator_class = os.environ.get("HUB_AUTHENTICATOR", "pam")
c.Authenticator.allowed_users = PEOPLE
c.Authenticator.allow_existing_users = False  # who has left the tables is out
c.Authenticator.manage_groups = True
c.Authenticator.post_auth_hook = enrol
c.LocalAuthenticator.create_system_users = True  # for local-github and the like
c.JupyterHub.cookie_max_age_days = 1  # so that tables and groups never differ for long

# ---------------------------------------------------------------- what they may do

c.JupyterHub.load_roles = [
    {
        "name": FORMGRADE,
        "groups": [FORMGRADE],
        "scopes": [
            "list:services",
            f"read:services!service={COURSE}",
            f"access:services!service={COURSE}",
        ],
    },
    {
        "name": "server",  # beside the usual, a server may ask for its owner's groups
        "scopes": [
            "users:activity!user",
            "access:servers!server",
            "read:users:name!user",
            "read:users:groups!user",
        ],
    },
]

# ---------------------------------------------------------------- students' servers

c.JupyterHub.spawner_class = os.environ.get("HUB_SPAWNER", "localprocess")
c.Spawner.mem_limit = os.environ.get("HUB_MEMORY", "2G")
c.Spawner.cpu_limit = float(os.environ.get("HUB_CPUS", "2"))
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = PATIENCE_S
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(STUDENTS / "settings"),
    "NBGRADER_COURSE": COURSE,
    "NBGRADER_EXCHANGE": str(ROOT / "exchange"),
    "OMP_NUM_THREADS": "1",  # many students share the cores
}
SINGLEUSER = [str(STUDENTS / "bin" / "python"), "-m", "jupyterhub.singleuser"]
c.LocalProcessSpawner.cmd = c.SystemdSpawner.cmd = SINGLEUSER

# A container runs as its student's own account, so that nobody can read or forge another's work.
c.SystemUserSpawner.cmd = SINGLEUSER
c.SystemUserSpawner.image = os.environ.get("HUB_IMAGE", "efficientai-student")
c.SystemUserSpawner.host_homedir_format_string = ""  # as the machine's accounts have it
c.SystemUserSpawner.read_only_volumes = {"/etc/passwd": "/etc/passwd", "/etc/group": "/etc/group"}
c.SystemUserSpawner.volumes = {str(ROOT / "exchange"): str(ROOT / "exchange")}
c.SystemUserSpawner.remove = True  # the work is in the home folder

c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.disable_user_sudo = True

# ---------------------------------------------------------------- the instructors' formgrader

c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": f"http://127.0.0.1:{GRADER_PORT}",
        "command": [sys.executable, "-m", "jupyterhub.singleuser"],
        "user": GRADER,
        "cwd": str(ROOT / "course"),
        "oauth_no_confirm": True,
        "timeout": PATIENCE_S,
        "environment": {
            "JUPYTERHUB_DEFAULT_URL": "/lab?formgrader=true",
            "JUPYTER_CONFIG_PATH": str(HERE / "grader"),
            # nbgrader makes its gradebook with the command `alembic`, which is beside Python.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        },
    }
]

# ---------------------------------------------------------------- the hub itself

c.JupyterHub.bind_url = os.environ.get("HUB_BIND", "http://127.0.0.1:8000")
c.JupyterHub.hub_ip = os.environ.get("HUB_ADDRESS", "127.0.0.1")
c.JupyterHub.db_url = f"sqlite:///{ROOT / 'state' / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(ROOT / "state" / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(ROOT / "state" / "proxy.pid")
c.JupyterHub.cleanup_servers = False  # a restart of the hub interrupts nobody

# JupyterLab shows formgrader in a frame of its own site; the hub forbids every frame by default.
c.JupyterHub.tornado_settings = {
    "headers": {"Content-Security-Policy": "frame-ancestors 'self'"},
}
