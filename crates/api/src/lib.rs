//! Request and response types of the REST interface, their client, and the OpenAPI document.
