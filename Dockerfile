# Runs geoplan with what ships with it: docker run --rm --network none --user "$(id -u)" -v "$PWD:/work" geoplan audit
FROM python:3.12-slim AS build
COPY . /src
# numba's kernels are compiled for the processor they run on, so nothing is compiled here.
RUN python -m venv /opt/geoplan && /opt/geoplan/bin/pip install --no-cache-dir /src

FROM python:3.12-slim
# fiona's and pyogrio's wheels bring GDAL; numba's kernels need a folder that can be written.
RUN apt-get update && apt-get install --yes --no-install-recommends libexpat1 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 officer && mkdir /work && chown officer /work
COPY --from=build /opt/geoplan /opt/geoplan
ENV PATH=/opt/geoplan/bin:$PATH GEOPLAN_CACHE=/tmp/geoplan NUMBA_CACHE_DIR=/tmp/numba
USER officer
WORKDIR /work
ENTRYPOINT ["geoplan"]
CMD ["audit"]
