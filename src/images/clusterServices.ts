import type { ImageRecord } from './record.js';

/** What serves a cluster: names, certificates, secrets, identities, meshes, deployment. */
export const clusterServices: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/coredns/coredns', 'registry.k8s.io/coredns/coredns'],
    sources: ['coredns/coredns@4b26cce:Dockerfile'],
    variants: [
      { runAsUser: 65532, runAsGroup: 65532, lowPorts: [53], keepCapabilities: ['NET_BIND_SERVICE'] },
    ],
  },
  {
    repositories: ['registry.k8s.io/external-dns/external-dns'],
    sources: ['kubernetes-sigs/external-dns@2bf1bf8:.ko.yaml'],
    variants: [{}],
  },
  {
    repositories: [
      'quay.io/jetstack/cert-manager-controller',
      'quay.io/jetstack/cert-manager-webhook',
      'quay.io/jetstack/cert-manager-cainjector',
      'quay.io/jetstack/cert-manager-acmesolver',
      'quay.io/jetstack/cert-manager-startupapicheck',
    ],
    sources: ['cert-manager/cert-manager@2d0d7f7:hack'],
    variants: [{ runAsUser: 65532 }],
  },
  {
    repositories: ['quay.io/argoproj/argocd', 'docker.io/argoproj/argocd'],
    sources: ['argoproj/argo-cd@37ee009:Dockerfile, manifests/base'],
    variants: [
      {
        runAsUser: 999,
        runAsGroup: 999,
        writablePaths: ['/home/argocd'],
        advice: 'The repo-server writes to /helm-working-dir and /app/config/gpg/keys as well.',
      },
    ],
  },
  {
    repositories: ['docker.io/dexidp/dex', 'ghcr.io/dexidp/dex'],
    sources: ['dexidp/dex@ab64ed7'],
    variants: [
      {
        except: ['*distroless*'],
        runAsUser: 1001,
        runAsGroup: 1001,
        advice: 'With SQLite it writes to /var/dex.',
      },
    ],
  },
  {
    repositories: ['quay.io/oauth2-proxy/oauth2-proxy'],
    sources: ['oauth2-proxy/oauth2-proxy@14af295:Makefile'],
    variants: [{ except: ['*alpine*'], runAsUser: 65532 }],
  },
  {
    repositories: ['quay.io/keycloak/keycloak'],
    sources: ['keycloak/keycloak@0463815:quarkus/container'],
    variants: [
      {
        from: '22',
        runAsUser: 1000,
        dataPaths: ['/opt/keycloak/data'],
        neverMount: ['/opt/keycloak/lib/quarkus'],
        cannot: { readOnlyRootFilesystem: 'its start may rebuild lib/quarkus, among files of the image' },
        advice: 'An image built before, started with --optimized, takes a read-only root.',
      },
    ],
  },
  {
    repositories: ['docker.io/hashicorp/vault'],
    sources: ['hashicorp/vault@024c09b', 'hashicorp/docker-vault@ed32395'],
    variants: [
      {
        except: ['*ubi*'],
        runAsUser: 100,
        runAsGroup: 1000,
        dataPaths: ['/vault/file', '/vault/logs'],
        stepsDown: true,
        cannot: {
          runAsNonRoot: 'its entrypoint calls setcap, which needs root',
          readOnlyRootFilesystem: 'its entrypoint calls setcap on its binary',
        },
        advice: 'With SKIP_SETCAP=1 and SKIP_CHOWN=1 it needs no root: podtemper.io/run-as-user: "100".',
      },
    ],
  },
  {
    repositories: ['docker.io/hashicorp/consul'],
    sources: ['hashicorp/consul@03658a0:.release/docker'],
    variants: [
      {
        except: ['*ubi*'],
        runAsUser: 100,
        runAsGroup: 1000,
        dataPaths: ['/consul/data'],
        stepsDown: true,
        cannot: { runAsNonRoot: 'its entrypoint ends in su-exec, whatever the user' },
        advice:
          'With CONSUL_DISABLE_PERM_MGMT=1 it needs no root: podtemper.io/run-as-user: "100". CONSUL_LOCAL_CONFIG ' +
          'writes to /consul/config.',
      },
    ],
  },
  {
    repositories: ['docker.io/istio/proxyv2'],
    sources: ['istio/istio@86c9f01:pilot/docker, injection-template.yaml'],
    variants: [
      {
        runAsUser: 1337,
        runAsGroup: 1337,
        advice: 'Never give it another user: the rules of the mesh exempt this one.',
      },
    ],
  },
  {
    repositories: ['cr.l5d.io/linkerd/proxy', 'ghcr.io/linkerd/proxy'],
    sources: ['linkerd/linkerd2@b24cd40:Dockerfile.proxy'],
    variants: [{ runAsUser: 65534 }],
  },
  {
    repositories: ['docker.io/library/docker'],
    sources: ['docker-library/docker@3289af8:29/dind'],
    variants: [
      {
        tags: ['*dind*'],
        cannot: {
          allowPrivilegeEscalation: 'it must be privileged',
          capabilities: 'it must be privileged',
          readOnlyRootFilesystem: 'it must be privileged',
          resources: 'it runs containers of its own',
          runAsNonRoot: 'it must be privileged',
          seccompProfile: 'it must be privileged',
        },
      },
    ],
  },
  {
    repositories: ['docker.io/curlimages/curl'],
    sources: ['curl/curl-container@96c8e58'],
    variants: [{}],
  },
];
