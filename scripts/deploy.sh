#!/usr/bin/env bash
# What deploy/ holds, read by whoever it is for: Nginx and Caddy run in front of the program; Prometheus' promtool, Docker Compose, systemd and
# Kubernetes' schema look at their files. Installs what is missing.
#   scripts/deploy.sh [path of the program]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
. scripts/packages.sh
liao="${1:-$LIAO}"

need promtool prometheus
promtool check rules deploy/prometheus/alerts.yml
promtool check config --syntax-only deploy/prometheus/prometheus.yml

need docker-compose docker-compose
for file in deploy/compose*.yaml; do
    LIAO_HOST=liao.example.org LIAO_DB_PASSWORD=example LIAO_SECRET=an-example-that-is-long-enough docker-compose -f "$file" config --quiet
    printf '%s: can be composed\n' "$file"
done

pip_tool "$TOOLS/kubernetes-validate" scripts/deploy/requirements.txt
for file in deploy/kubernetes/*.yaml; do
    PYTHONPATH="$TOOLS/kubernetes-validate" python3 -m kubernetes_validate --strict "$file"
done

if command -v systemd-analyze >/dev/null; then
    # The program and its user are of the machine that it will run on.
    systemd-analyze verify deploy/systemd/liao-backup.timer deploy/systemd/*.service 2>&1 | grep -vE 'is not executable|Failed to (open|prepare)' || true
fi

for proxy in nginx caddy; do scripts/proxy.sh "$proxy" "$liao"; done
