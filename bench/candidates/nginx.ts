import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCommand } from '../spawn.ts'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

/** nginx as a plain reverse proxy: one worker, kept-alive upstream connections, an access log, its own upstream key. */
export const nginx: Candidate = {
  name: 'nginx',
  start: async (setting) => {
    if (!hasCommand('nginx')) throw new Error('nginx is not installed')
    const file = join(setting.folder, 'nginx.conf')
    return launch({
      name: 'nginx',
      setting,
      base: '/v1',
      headers: { authorization: 'Bearer bench-key' },
      command: (port) => {
        writeFileSync(file, configuration(setting.upstream, setting.folder, port))
        return ['nginx', '-p', setting.folder, '-e', 'stderr', '-c', file]
      },
    })
  },
}

/** A location that sets one header has to set them all. */
const headers = (connection: string) => `proxy_set_header Connection ${connection};
      proxy_set_header Authorization "Bearer sk-bench-upstream";
      proxy_set_header X-Request-Id $request_id;`

const configuration = (upstream: string, folder: string, port: number) => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  log_format line escape=json '{"time":"$time_iso8601","id":"$request_id","request":"$request","status":$status,'
    '"bytes":$body_bytes_sent,"seconds":$request_time,"upstream":"$upstream_response_time"}';
  access_log /dev/null line buffer=8k flush=1s;
  client_body_buffer_size 256k;
  client_max_body_size 64m;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  scgi_temp_path ${folder}/nginx-scgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  upstream models { server ${new URL(upstream).host}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_read_timeout 600s;
    add_header X-Request-Id $request_id;
    location / {
      proxy_pass http://models;
      ${headers('""')}
    }
    location /v1/audio/ {
      proxy_pass http://models;
      proxy_request_buffering off;
      ${headers('""')}
    }
    location /v1/realtime {
      proxy_pass http://models;
      proxy_set_header Upgrade $http_upgrade;
      ${headers('upgrade')}
    }
  }
}
`
