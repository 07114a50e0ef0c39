/** The part of a proxy in front of several nodes: requests to any API node, sockets to any gateway. */
export const nginxConfig = ({
  port,
  directory,
  apis,
  gateways,
}: {
  port: number
  directory: string
  apis: number[]
  gateways: number[]
}): string => `
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx.log warn;
worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((each) => `${each}_temp_path ${directory}/nginx-${each};`)
    .join('\n  ')}
  upstream api {
    ${apis.map(upstream).join('\n    ')}
    keepalive 32;
  }
  upstream gateway {
    ${gateways.map(upstream).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    location / {
      proxy_set_header Connection "";
      proxy_pass http://api;
    }
    location /connection/ {
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 3600s;
      proxy_pass http://gateway;
    }
  }
}
`

const upstream = (port: number): string => `server 127.0.0.1:${port} max_fails=0;`
