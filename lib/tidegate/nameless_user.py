"""A user id that has no name on this machine, as in a container that runs under any number."""

import os
import pwd
from collections.abc import Mapping
from tempfile import gettempdir

from tidegate.jvm import class_before_session


def user_name() -> str | None:
    """Return the name that is used where the password file has none for this process's user; None where it has one."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return os.environ.get("HADOOP_USER_NAME") or f"uid{os.geteuid()}"
    return None


def nameless_options() -> str:
    """Return the options of the driver's JVM that stand for the name and the home of a user without a name; else nothing."""
    name = user_name()
    if name is None:
        return ""
    # Java's own answer for both is `?`, which Spark's resolver of packages refuses as a folder.
    home = os.environ.get("HOME", "")
    return f'-Duser.name={name} "-Duser.home={home if os.path.isabs(home) else gettempdir()}"'


def log_in(name: str, settings: Mapping[str, str]) -> None:
    """Tell Hadoop in the driver's JVM who the user is, before it asks the machine and fails on a name that is not there.

    Args:
        name: What files on HDFS, and Spark's pages, name as the user.
        settings: What the JVM is started with where it does not run yet.
    """
    users = class_before_session("org.apache.hadoop.security.UserGroupInformation", settings)
    users.setLoginUser(users.createRemoteUser(name))
