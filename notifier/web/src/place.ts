/** Where this page is: a proxy may have it below a path of its own, like /app/. */
export const PLACE = new URL('.', document.baseURI).pathname;
