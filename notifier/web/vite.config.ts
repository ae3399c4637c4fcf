import { defineConfig } from 'vite';

const sidecar = process.env.SIDECAR ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Addresses are relative: a proxy may have the page below a path.
  base: './',
  build: {
    outDir: '../../build/web',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy allows data: addresses for images only.
    assetsInlineLimit: 0,
    rollupOptions: {
      onwarn: (warning, tell) => {
        // A library says "use client"; there is no server part here, so the warning does not apply.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') tell(warning);
      },
    },
  },
  // npm run dev serves the page; a running sidecar serves everything else.
  server: {
    proxy: {
      '/upload-xlsx': sidecar,
      '/files': sidecar,
      '/socket.io': { target: sidecar, ws: true },
    },
  },
});
