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

// The events, from the AsyncAPI document: what is sent where, and the schema of each.
function add(parent, name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className !== undefined) element.className = className;
  return parent.appendChild(element);
}

fetch("../asyncapi.json").then((answer) => answer.json()).then(({ info, channels, operations, components }) => {
  const page = add(document.getElementById("events"), "div", undefined, "wrapper");
  add(page, "h2", info.title, "title");
  add(page, "p", info.description);
  for (const { action, channel, messages } of Object.values(operations)) {
    const { title, address, description } = channels[channel.$ref.split("/").at(-1)];
    add(page, "h3", `${title}: ${action === "send" ? "sent" : "taken"} by the sidecar`);
    add(page, "p", `${address} - ${description}`);
    const list = add(page, "ul");
    for (const { $ref } of messages) {
      const { name, summary } = components.messages[$ref.split("/").at(-1)];
      add(list, "li", `${name}: ${summary}`);
    }
  }
  for (const [name, schema] of Object.entries(components.schemas)) {
    const part = add(page, "details");
    add(part, "summary", name);
    add(part, "pre", JSON.stringify(schema, null, 2));
  }
});
