import { defineConfig } from "vite";

/**
 * The page is served under a policy without inline code (`script-src 'self'`), so nothing may be inlined: no preload
 * polyfill, no assets as data URLs.
 */
export default defineConfig({
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
