{{/* Name of every resource: the release's, with the chart's where that does not hold it already. */}}
{{- define "podtemper.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which Service, Deployment and PodDisruptionBudget find the pods. They can never change. */}}
{{- define "podtemper.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of every resource; our own beat commonLabels. */}}
{{- define "podtemper.labels" -}}
{{- $labels := include "podtemper.podLabels" . | fromYaml -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $_ := set $labels "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .Release.Service -}}
{{- toYaml $labels -}}
{{- end -}}

{{/* Labels of the pods: none that changes with the chart's version alone, for that would restart them. */}}
{{- define "podtemper.podLabels" -}}
{{- $own := dict "app.kubernetes.io/component" "webhook" -}}
{{- toYaml (merge (include "podtemper.selectorLabels" . | fromYaml) $own .Values.commonLabels) -}}
{{- end -}}

{{/* Image reference: by digest, else by tag. */}}
{{- define "podtemper.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Port of an `address:port`. */}}
{{- define "podtemper.port" -}}
{{- regexFind "[0-9]+$" . -}}
{{- end -}}

{{/* Where the kubelet asks for health. Both listeners answer; it cannot reach one that is on loopback. */}}
{{- define "podtemper.probedPort" -}}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" .Values.operations.address -}}
port: admission
scheme: HTTPS
{{- else -}}
port: operations
{{- end -}}
{{- end -}}

{{/* Name of the Secret with the serving certificate, whoever makes it. */}}
{{- define "podtemper.tlsSecret" -}}
{{- default (printf "%s-tls" (include "podtemper.fullname" .)) .Values.tls.existingSecret -}}
{{- end -}}

{{/* Name of the Secret and of the Lease that the replicas share where they make the certificate themselves. */}}
{{- define "podtemper.authoritySecret" -}}
{{- printf "%s-authority" (include "podtemper.fullname" .) -}}
{{- end -}}

{{/* Name under which the API server calls the Service, and which the certificate must hold. */}}
{{- define "podtemper.serverName" -}}
{{- printf "%s.%s.svc" (include "podtemper.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* Where the serving certificate comes from: selfManaged, existingSecret or certManager. */}}
{{- define "podtemper.tlsSource" -}}
{{- if .Values.tls.certManager.enabled -}}
certManager
{{- else if .Values.tls.existingSecret -}}
existingSecret
{{- else if .Values.tls.caBundle -}}
{{- fail "tls.caBundle: expected together with tls.existingSecret or tls.certManager.enabled, found alone; the replicas make their own authority then" -}}
{{- else -}}
selfManaged
{{- end -}}
{{- end -}}

{{/* Seconds of the life `name` under tls.selfManaged. The program refuses what is out of these bounds. */}}
{{- define "podtemper.lifeSeconds" -}}
{{- $life := get .root.Values.tls.selfManaged .name -}}
{{- $unitSeconds := get (dict "d" 86400 "h" 3600 "m" 60 "s" 1) (regexFind "[dhms]$" $life) -}}
{{- $seconds := mul (regexFind "^[0-9]+" $life) $unitSeconds -}}
{{- if or (lt $seconds 5) (gt $seconds (mul 3650 86400)) -}}
{{- fail (printf "tls.selfManaged.%s: expected a time from 5s to 3650d, found %s" .name $life) -}}
{{- end -}}
{{- $seconds -}}
{{- end -}}

{{/* What the API server must trust, in base64; empty where somebody else fills it in. */}}
{{- define "podtemper.caBundle" -}}
{{- $source := include "podtemper.tlsSource" . -}}
{{- if contains "-----BEGIN" .Values.tls.caBundle -}}
{{- b64enc .Values.tls.caBundle -}}
{{- else if .Values.tls.caBundle -}}
{{- .Values.tls.caBundle -}}
{{- else if eq $source "existingSecret" -}}
{{- with lookup "v1" "Secret" .Release.Namespace (include "podtemper.tlsSecret" .) -}}
{{- get (default dict .data) "ca.crt" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Annotations of the webhook configurations, with the one by which cert-manager fills in the caBundle. */}}
{{- define "podtemper.webhookAnnotations" -}}
{{- $annotations := deepCopy .Values.webhook.annotations -}}
{{- if and (eq (include "podtemper.tlsSource" .) "certManager") (not (include "podtemper.caBundle" .)) -}}
{{- $certificate := printf "%s/%s" .Release.Namespace (include "podtemper.fullname" .) -}}
{{- $annotations = merge (dict "cert-manager.io/inject-ca-from" $certificate) $annotations -}}
{{- end -}}
{{- with $annotations -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* How the API server reaches the process, at the path `path` of the chart `root`. */}}
{{- define "podtemper.clientConfig" -}}
{{- with include "podtemper.caBundle" .root }}
caBundle: {{ . }}
{{- end }}
service:
  name: {{ include "podtemper.fullname" .root }}
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
  port: 443
{{- end -}}

{{/* For which namespaces and objects the API server calls the process. Whatever the label's value: of a misspelt mode
the process itself tells people. */}}
{{- define "podtemper.webhookSelectors" -}}
namespaceSelector:
  matchExpressions:
    - key: podtemper.io/mode
      operator: Exists
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values:
        {{- append .Values.webhook.excludedNamespaces .Release.Namespace | uniq | toYaml | nindent 8 }}
{{- with .Values.webhook.objectSelector }}
objectSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Of a dry run there are none; of others, where Events are written, these. */}}
{{- define "podtemper.sideEffects" -}}
{{- ternary "NoneOnDryRun" "None" .Values.events.enabled -}}
{{- end -}}
