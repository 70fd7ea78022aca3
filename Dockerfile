# Wheels only, each checked against its hash; neither pip's cache nor a compiler stays behind.
FROM python:3.13-slim AS build
WORKDIR /srv/qabank
RUN python -m venv --without-pip /opt/venv
# requirements-watching.txt adds Sentry and Prometheus.
ARG LOCK=requirements.txt
COPY requirements*.txt ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r "$LOCK"
COPY . .
# The settings close var/ to others; here it holds nothing but the static files.
RUN SECRET_KEY=for-collecting-static-files-only /opt/venv/bin/python manage.py collectstatic --no-input --ignore 'htmax-*' \
        --ignore 'htmx-4*' --ignore ext --ignore django-htmx.js \
    && chmod 755 var \
    && /opt/venv/bin/python -m compileall -q . /opt/venv

# The root file system may be read-only: nothing is written beside the database and /tmp.
FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home qabank
WORKDIR /srv/qabank
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/qabank .
ENV PATH=/opt/venv/bin:$PATH HOST=0.0.0.0 PORT=8000 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
# Migrations are a step of their own, once per release: python manage.py prepare --no-static
CMD ["python", "manage.py", "serve"]
