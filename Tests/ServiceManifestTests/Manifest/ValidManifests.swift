/// Manifests as services have published them, in our words: what may be found in them is a note or a warning.
let validManifests: [(name: String, text: String, findings: [String])] = [
  (
    "a to-do list for two applications",
    """
    {
      "schema_version": "v1",
      "name_for_human": "To-do list",
      "name_for_model": "todo_list",
      "description_for_human": "Keeps your to-do list: add, read and tick off.",
      "description_for_model": "Adds entries to a to-do list, reads them and removes them.",
      "auth": {
        "type": "service_http",
        "authorization_type": "bearer",
        "verification_tokens": {
          "openai": "b5fd91a1e05a4f12a9f4a5b1b1c39b8d",
          "other_service": "abc123"
        }
      },
      "api": { "type": "openapi", "url": "https://todo.example.com/openapi.json", "is_user_authenticated": false },
      "logo_url": "https://todo.example.com/logo.png",
      "contact_email": "support@example.com",
      "legal_info_url": "https://example.com/legal"
    }
    """, []
  ),
  (
    "a flight and hotel search, on lines of its own style",
    """
    {"schema_version":"v1", "name_for_model":"trip_finder", "name_for_human":"Trip Finder",
     "description_for_human":"Find flights, stays and rental cars. Get recommendations of all places in your budget.",
     "description_for_model":"Search flights, stays & rental cars or get recommendations where to go on a budget.",
     "api":{"type":"openapi", "url":"https://www.trips.example/openapi/openapi.yaml", "has_user_authentication":false},
     "auth":{"type":"none"},
     "logo_url":"https://content.trips.example/img/logo_128.png", "contact_email":"chat-plugin@trips.example",
     "legal_info_url":"https://www.trips.example/terms-of-use"}
    """,
    ["5:17: warning: \"none\" means that applications send no token; use \"service_http\""]
  ),
  (
    "the example of the format's own documentation: too long a name, and not registered yet",
    """
    {
        "schema_version": "v1",
        "name_for_human": "To-do list (service auth)",
        "name_for_model": "todo",
        "description_for_human": "Manage your to-do list. You can add, remove and view what there is to do.",
        "description_for_model": "Plugin for managing a to-do list, you can add, remove and view what there is to do.",
        "auth": {
            "type": "service_http",
            "authorization_type": "bearer",
            "verification_tokens": {
                "openai": "Replace_this_string_with_the_verification_token_generated_in_the_ChatGPT_UI"
            }
        },
        "api": {
            "type": "openapi",
            "url": "https://example.com/openapi.yaml"
        },
        "logo_url": "https://example.com/logo.png",
        "contact_email": "support@example.com",
        "legal_info_url": "https://example.com/legal"
    }
    """,
    [
      "3:23: warning: \"name_for_human\" has 25 characters; at most 20 are allowed",
      "11:23: warning: openai is not registered yet: this is a placeholder; when it has issued its verification token, run: "
        + "bearerd manifest verify openai VALUE",
    ]
  ),
  (
    "one with a log-in of people",
    """
    {
      "schema_version": "v1",
      "name_for_model": "office_projects",
      "name_for_human": "Office Projects",
      "description_for_model": "Reads users and projects of an office.",
      "description_for_human": "Reads your users and projects.",
      "auth": {
        "type": "oauth",
        "client_url": "https://www.office.example/oauth",
        "scope": "",
        "authorization_url": "https://www.office.example/auth/oauth_exchange",
        "authorization_content_type": "application/json",
        "verification_tokens": { "openai": "5a1f0c9be2d84b7fa6d3f1c2b7e9d055" }
      },
      "api": { "type": "openapi", "url": "https://www.office.example/openapi.yaml" },
      "logo_url": "https://www.office.example/logo.png",
      "contact_email": "support@office.example",
      "legal_info_url": "https://www.office.example/legal"
    }
    """, []
  ),
  (
    "one whose users bring tokens of their own, on this machine, with extensions of other readers",
    """
    {
    \t"schema_version": "v1",
    \t"name_for_model": "notes",
    \t"name_for_human": "Notizen für alle",
    \t"description_for_model": "Notes \\u2713 \\ud83d\\ude00",
    \t"description_for_human": "Notizen",
    \t"auth": {"type": "user_http", "authorization_type": "bearer"},
    \t"api": {"type": "openapi", "url": "http://localhost:3333/openapi.json"},
    \t"logo_url": "http://localhost:3333/logo.png",
    \t"contact_email": "a@example.org",
    \t"legal_info_url": "http://localhost:3333/legal#top",
    \t"namespace": "notes",
    \t"capabilities": {"localization": {}}
    }
    """, []
  ),
  (
    "a shop below a country's registry, not registered anywhere yet",
    """
    {
      "schema_version": "v1", "name_for_model": "shop", "name_for_human": "Shop",
      "description_for_model": "Finds goods.", "description_for_human": "Finds goods.",
      "auth": { "type": "service_http", "authorization_type": "bearer", "verification_tokens": {} },
      "api": { "type": "openapi", "url": "https://api.shop.co.uk:8443/openapi.yaml?v=2" },
      "logo_url": "https://cdn.pictures.example/shop.svg", "contact_email": "shop@shop.co.uk",
      "legal_info_url": "https://shop.co.uk/terms"
    }
    """,
    [
      "4:92: warning: no application is registered yet; when one has issued its verification token, run: "
        + "bearerd manifest verify APP VALUE"
    ]
  ),
  (
    "a weather service of names and passwords",
    """
    {"schema_version": "v1", "name_for_model": "weather", "name_for_human": "Weather",
     "description_for_model": "Weather.", "description_for_human": "Weather.",
     "auth": {"type": "service_http", "authorization_type": "basic", "verification_tokens": {"openai": "f00dcafe"}},
     "api": {"type": "openapi", "url": "https://192.0.2.7/openapi.json"}, "logo_url": "https://192.0.2.7/logo.png",
     "contact_email": "w@weather.example", "legal_info_url": "https://192.0.2.7/legal"}
    """,
    ["3:57: warning: \"basic\" sends a user name and a password; use \"bearer\""]
  ),
]
