import { defineConfig } from "vite";

/**
 * The console is built apart from the page at `/`, whose visitors then load none of it, and a host that has no such page
 * serves the console alone. The policy it is served under is the page's: nothing may be inlined.
 */
export default defineConfig({
  base: "/console/",
  publicDir: "../public",
  build: {
    outDir: "../dist/console",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
