{{- define "sigwatch.labels" -}}
app.kubernetes.io/name: sigwatch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "sigwatch.name" -}}
{{ .root.Release.Name }}{{ if ne .component "service" }}-{{ .component }}{{ end }}
{{- end }}

{{- /* token-key is the setting privacy.tokenKey, redis-url redis.url, and so on. */ -}}
{{- define "sigwatch.variable" -}}
{{- $names := dict "token-key" "PRIVACY_TOKEN_KEY" "kafka-password" "KAFKA_SASL_PASSWORD" -}}
SIGWATCH_{{ get $names . | default (. | upper | replace "-" "_") }}_FILE
{{- end }}

{{- /* A Deployment of one of the commands: root, component, command, replicas, resources, port. */ -}}
{{- define "sigwatch.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sigwatch.name" . }}
  labels: {{- include "sigwatch.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels: {{- include "sigwatch.labels" . | nindent 6 }}
  strategy:
    # One more joins before one leaves.
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  template:
    metadata:
      labels: {{- include "sigwatch.labels" . | nindent 8 }}
    spec:
      # It drains on SIGTERM, and gives up after 15 s what the brokers do not take.
      terminationGracePeriodSeconds: 30
      automountServiceAccountToken: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        # `node` of the image.
        runAsUser: 1000
        fsGroup: 1000
        seccompProfile: {type: RuntimeDefault}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "sigwatch.labels" . | nindent 14 }}
      containers:
        - name: {{ .component }}
          image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .command }}, --config, /etc/sigwatch/sigwatch.yaml]
          env:
            {{- range .root.Values.secret.keys }}
            - name: {{ include "sigwatch.variable" . }}
              value: /run/secrets/sigwatch/{{ . }}
            {{- end }}
          ports:
            - {name: http, containerPort: {{ .port }}}
            {{- with .decides }}
            - {name: decide, containerPort: {{ . }}}
            {{- end }}
          {{- if .probes }}
          # Alive, not ready: an outage of Kafka or Redis is waited out, and a restart would not end it.
          startupProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
            timeoutSeconds: 3
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 5
            timeoutSeconds: 3
          {{- else }}
          readinessProbe:
            tcpSocket: {port: http}
          {{- end }}
          resources: {{- toYaml .resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: config, mountPath: /etc/sigwatch, readOnly: true}
            - {name: secrets, mountPath: /run/secrets/sigwatch, readOnly: true}
            {{- if .root.Values.kafkaTls.secretName }}
            - {name: kafka-tls, mountPath: /run/secrets/kafka-tls, readOnly: true}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: config
          configMap: {name: {{ .root.Release.Name }}}
        - name: secrets
          secret: {secretName: {{ .root.Values.secret.name }}, defaultMode: 0440}
        {{- with .root.Values.kafkaTls.secretName }}
        - name: kafka-tls
          secret: {secretName: {{ . }}, defaultMode: 0440}
        {{- end }}
        - name: tmp
          emptyDir: {}
{{- end }}
