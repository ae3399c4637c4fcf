# The page and its client package: build/web, from notifier/web and notifier/client, and their tests. With it Swagger UI for /docs.
# Included by the Makefile in the root. Needs npm's packages, which the extension and the sidecar do not.

PAGE_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
PAGE_SRCS := $(shell find $(PAGE_DIR)client $(PAGE_DIR)web -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: page install-page check-page clean-page

page: build/web/index.html notifier-docs

$(PAGE_DIR)node_modules/.done: $(PAGE_DIR)package-lock.json
	cd $(PAGE_DIR) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build/web/index.html: $(PAGE_DIR)node_modules/.done $(PAGE_SRCS)
	cd $(PAGE_DIR) && npm run build --loglevel=error
	@touch $@

# Installs them where the sidecar looks. Does not run npm: what has not been built is left out, or stays as an earlier installation left it.
install-page:
	@if [ -f build/web/index.html ]; then $(TOOLS)/install.sh folder build/web '$(DESTDIR)$(NOTIFIER_WEB_ROOT)'; \
		else echo "install: without the page, which 'make page' builds with npm"; fi
	@if [ -f build/notifier-docs/.done ]; then $(TOOLS)/install.sh folder build/notifier-docs '$(DESTDIR)$(NOTIFIER_SHAREDIR)/docs'; \
		else echo "install: without Swagger UI for /docs, which 'make page' fetches with npm"; fi

# The real page in Chromium, with the real sidecar and a real server.

test/notifier/page/node_modules/.done: test/notifier/page/package-lock.json
	cd test/notifier/page && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check-page: $(NOTIFIER_BIN) build/makebook notifier-docs page test/notifier/process/node_modules/.done test/notifier/page/node_modules/.done
	@node test/notifier/page/run.js

clean-page:
	rm -rf build/web build/page $(PAGE_DIR)client/dist
