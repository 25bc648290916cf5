-- Runs once, when the volume is empty. SQL rather than a shell script: it survives CRLF line ends.
\getenv litellm_password LITELLM_DB_PASSWORD
\getenv mpc_password MPC_DB_PASSWORD

CREATE ROLE litellm LOGIN PASSWORD :'litellm_password';
CREATE DATABASE litellm OWNER litellm;
REVOKE CONNECT ON DATABASE litellm FROM PUBLIC;

CREATE ROLE mpc_api LOGIN PASSWORD :'mpc_password';
CREATE DATABASE mpc_api OWNER mpc_api;
REVOKE CONNECT ON DATABASE mpc_api FROM PUBLIC;
