import { defineConfig } from 'vite';

const sidecar = process.env.SIDECAR ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    outDir: '../../build/web',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy allows no data: address but that of an image.
    assetsInlineLimit: 0,
    rollupOptions: {
      onwarn: (warning, tell) => {
        // "use client" in a library: there is no server that it could be for.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') tell(warning);
      },
    },
  },
  // npm run dev: the page from here, the rest from a sidecar that runs already.
  server: {
    proxy: {
      '/upload-xlsx': sidecar,
      '/files': sidecar,
      '/socket.io': { target: sidecar, ws: true },
    },
  },
});
