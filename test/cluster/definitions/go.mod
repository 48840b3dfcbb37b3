// The definitions of custom resources that the chart renders (see ../customResources.ts): downloaded, never built.
module podtemper.test/definitions

go 1.21

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
