import type { ImageRecord } from './record.js';

/** Web servers, proxies and servlet containers. */
export const webServers: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/library/nginx'],
    sources: ['nginx/docker-nginx@0d7f438', 'nginx/pkg-oss@e672763'],
    variants: [
      {
        runAsUser: 101,
        runAsGroup: 101,
        lowPorts: [80],
        writablePaths: ['/var/cache/nginx', '/run'],
        advice: 'Templates of its configuration need /etc/nginx/conf.d writable as well.',
      },
    ],
  },
  {
    repositories: ['docker.io/nginxinc/nginx-unprivileged'],
    sources: ['nginx/docker-nginx-unprivileged@e26803b'],
    variants: [
      {
        runAsUser: 101,
        runAsGroup: 101,
        advice: 'Templates of its configuration need /etc/nginx/conf.d writable as well.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/httpd'],
    sources: ['docker-library/httpd@9b63b37'],
    variants: [
      {
        tags: ['*alpine*'],
        from: '2.4',
        runAsUser: 82,
        runAsGroup: 82,
        lowPorts: [80],
        writablePaths: ['/usr/local/apache2/logs'],
      },
      {
        from: '2.4',
        runAsUser: 33,
        runAsGroup: 33,
        lowPorts: [80],
        writablePaths: ['/usr/local/apache2/logs'],
      },
    ],
  },
  {
    repositories: ['docker.io/library/caddy'],
    sources: ['caddyserver/caddy-docker@62d1326:2.11/alpine'],
    variants: [
      {
        lowPorts: [80, 443],
        keepCapabilities: ['NET_BIND_SERVICE'],
        dataPaths: ['/data', '/config'],
      },
    ],
  },
  {
    repositories: ['docker.io/library/haproxy'],
    sources: ['docker-library/haproxy@ec437dd', 'docker-library/docs@c4a9ba4'],
    variants: [
      {
        from: '2.6',
        runAsUser: 99,
        runAsGroup: 99,
        advice:
          'What haproxy.cfg names as socket or PID file must be writable; below 2.4 the image runs as root.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/traefik'],
    sources: ['traefik/traefik-library-image@6973938'],
    variants: [
      {
        from: '3',
        lowPorts: [80],
        advice: 'The directory of its ACME file must be on a volume that it can write to.',
      },
    ],
  },
  {
    repositories: ['docker.io/traefik/whoami'],
    sources: ['traefik/whoami@8951300'],
    variants: [{ lowPorts: [80] }],
  },
  {
    repositories: ['docker.io/library/varnish'],
    sources: ['varnish/docker-varnish@eb60dff'],
    variants: [
      {
        from: '9',
        except: ['*stable*'],
        runAsUser: 1000,
        runAsGroup: 1000,
        lowPorts: [80],
        writablePaths: ['/var/lib/varnish'],
      },
    ],
  },
  {
    repositories: ['docker.io/envoyproxy/envoy'],
    sources: ['envoyproxy/envoy@0252c88:distribution/docker', 'envoyproxy/envoy@3313680:ci'],
    variants: [
      { tags: ['*distroless*'], runAsUser: 65532 },
      {
        stepsDown: true,
        advice: 'Old versions step down whatever the user, and then fail: set ENVOY_UID=0.',
      },
    ],
  },
  {
    repositories: ['registry.k8s.io/ingress-nginx/controller'],
    sources: ['kubernetes/ingress-nginx@dbb11b9:rootfs, images/nginx, charts'],
    variants: [
      {
        runAsUser: 101,
        runAsGroup: 82,
        lowPorts: [80, 443],
        keepCapabilities: ['NET_BIND_SERVICE'],
        neverMount: ['/etc/nginx'],
        cannot: {
          readOnlyRootFilesystem: 'it writes nginx.conf and certificates among files of the image',
        },
      },
    ],
  },
  {
    repositories: ['docker.io/library/kong'],
    sources: ['Kong/docker-kong@d1ed165'],
    variants: [
      {
        cannot: { readOnlyRootFilesystem: 'it fills its prefix /usr/local/kong at the start' },
        advice: 'With KONG_PREFIX=/tmp/kong a read-only root works from 3.2 on.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/tomcat'],
    sources: ['docker-library/tomcat@40f27d5'],
    variants: [
      {
        from: '9',
        writablePaths: ['/usr/local/tomcat/logs', '/usr/local/tomcat/temp', '/usr/local/tomcat/work'],
        advice: 'A .war file is unpacked into webapps: unpack it in the image.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/jetty'],
    sources: ['jetty/jetty.docker@c6c5ebe:eclipse-temurin/12.1'],
    variants: [
      {
        tags: ['*alpine*'],
        from: '12',
        runAsUser: 100,
        cannot: { readOnlyRootFilesystem: 'it writes jetty.start among files of the image' },
        advice: 'With JETTY_START=/tmp/jetty.start a read-only root works.',
      },
      {
        from: '12',
        runAsUser: 999,
        cannot: { readOnlyRootFilesystem: 'it writes jetty.start among files of the image' },
        advice: 'With JETTY_START=/tmp/jetty.start a read-only root works.',
      },
    ],
  },
];
