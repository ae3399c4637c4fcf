// Swagger UI over the document of this very server.
SwaggerUIBundle({ url: "../openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null, persistAuthorization: false });
