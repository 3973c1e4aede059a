#!/bin/sh
# Runs once, when the database is made: the service's own login, which owns the tables and is no superuser, and the
# role with which its sessions work. Migrations later give that role its rights.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname="${POSTGRES_DB:-jardam}" \
  --set=password="$(head -n 1 /run/secrets/database-password)" <<'SQL'
CREATE ROLE jardam LOGIN PASSWORD :'password';
CREATE ROLE jardam_app NOLOGIN;
GRANT jardam_app TO jardam WITH ADMIN OPTION;
REVOKE ALL ON DATABASE jardam FROM PUBLIC;
ALTER DATABASE jardam OWNER TO jardam;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO jardam;
GRANT USAGE ON SCHEMA public TO jardam_app;
SQL
