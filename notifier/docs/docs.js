// Swagger UI over the document of this very server, which may be below a path of a proxy.
const place = new URL("..", document.baseURI).pathname.replace(/\/$/, "");

function move(node) {
  if (node === null || typeof node !== "object") return;
  for (const server of Array.isArray(node.servers) ? node.servers : []) server.url = place + server.url;
  Object.values(node).forEach(move);
}

fetch("../openapi.json").then((answer) => answer.json()).then((spec) => {
  move(spec);
  SwaggerUIBundle({ spec, dom_id: "#page", deepLinking: true, validatorUrl: null, persistAuthorization: false });
});
