# The page and its client package: build/web, from notifier/web and notifier/client, and their tests.
# Included by the Makefile in the root. Needs npm's packages, which the extension and the sidecar do not.

PAGE_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
PAGE_SRCS := $(shell find $(PAGE_DIR)client $(PAGE_DIR)web -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: page install-page check-page clean-page

page: build/web/index.html

$(PAGE_DIR)node_modules/.done: $(PAGE_DIR)package-lock.json
	cd $(PAGE_DIR) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

build/web/index.html: $(PAGE_DIR)node_modules/.done $(PAGE_SRCS)
	cd $(PAGE_DIR) && npm run build --loglevel=error
	@touch $@

# Where the sidecar looks for it; nothing to do where it was not built.
install-page:
	@[ ! -f build/web/index.html ] || { \
		rm -rf '$(DESTDIR)$(NOTIFIER_WEB_ROOT)' && \
		install -d '$(DESTDIR)$(NOTIFIER_WEB_ROOT)' && \
		cp -r build/web/. '$(DESTDIR)$(NOTIFIER_WEB_ROOT)/'; }

# The real page in Chromium, with the real sidecar and a real server.

test/page/node_modules/.done: test/page/package-lock.json
	cd test/page && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

check-page: $(NOTIFIER_BIN) build/makebook notifier-docs page test/node/node_modules/.done test/page/node_modules/.done
	@node test/page/run.js

clean-page:
	rm -rf build/web build/page $(PAGE_DIR)client/dist
