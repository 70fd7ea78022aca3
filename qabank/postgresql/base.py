from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from qabank.postgresql import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except PoolTimeout as error:
            reason = Connection.failure or (
                "connection failed: the server does not answer, or all connections that "
                "DATABASE_POOL allows are in use"
            )
            raise psycopg.OperationalError(reason) from error
