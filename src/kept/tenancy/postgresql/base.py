"""Tell PostgreSQL's row-level security, before each statement, whose work it is.

The server's session carries two settings that the policies read:
`kept.organisation`, the key of the organisation whose rows exist, and
`kept.everywhere`, `on` while one statement looks across organisations.

Setting them once per request would not do: a setting made inside a
transaction is undone with it, and a connection may be opened, or taken from
the pool with an earlier request's settings, in the middle of the work. So
each statement is preceded by the two settings unless this connection is known
to carry them, and whatever may undo them makes them unknown.
"""

import os
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from kept.tenancy import scope

TELL = "SELECT set_config('kept.organisation', %s, false), set_config('kept.everywhere', %s, false)"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that carries the scope of the work it is used for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: tuple[str, str] | None = None
        self.execute_wrappers.append(self._tell_first)

    def _tell_first(
        self,
        execute: Callable[..., Any],
        statement: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        self.tell()
        return execute(statement, params, many, context)

    def tell(self) -> None:
        """Bring the session's settings up to the scope of the work, unless they are known to be."""
        wanted = scope.as_settings()
        if self.told == wanted or self.connection is None:
            return
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return  # the transaction is lost; its statements are refused anyway
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(TELL, wanted)
        self.told = wanted

    def reach(self, *, seconds: int = 10) -> None:
        """Connect once beside the pool, which waits and does not say why it could not.

        Args:
            seconds: for which a server that says nothing is waited for.

        Raises:
            OperationalError: with the server's own reason.
        """
        params = dict(self.get_connection_params())
        params.pop("pool", None)
        with self.wrap_database_errors:
            self.Database.connect(**params | {"connect_timeout": seconds}).close()

    def let_go(self) -> None:
        """Close the connection of this thread, and the pool of this process."""
        self.close()
        self.close_pool()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.told = None
        return super().get_new_connection(conn_params)

    def _rollback(self) -> None:
        self.told = None
        super()._rollback()  # type: ignore[misc]  # the stubs leave it out

    def _savepoint_rollback(self, sid: str) -> None:
        self.told = None
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs leave it out

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            self.told = None  # a commit that is refused undoes like a rollback
            raise


def _forget_pools() -> None:
    """Leave a forked process without the pools of the one it was copied from.

    A copied pool has the parent's lines to the server, on which two processes would talk at once
    and each could hang up on the other, and none of the threads that open new ones. They are not
    closed here: that would end them for the parent.
    """
    DatabaseWrapper._connection_pools.clear()  # type: ignore[attr-defined]  # not in the stubs


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_forget_pools)
