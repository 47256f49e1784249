/// The manifest that the broken ones are made of, by one change each.
let soundManifest = """
  {
    "schema_version": "v1",
    "name_for_model": "todo_list",
    "name_for_human": "To-do list",
    "description_for_model": "Adds, reads and removes entries.",
    "description_for_human": "Keeps your to-do list.",
    "auth": {
      "type": "service_http",
      "authorization_type": "bearer",
      "verification_tokens": {
        "openai": "b5fd91a1e05a4f12a9f4a5b1b1c39b8d",
        "other_service": "9f86d081884c7d659a2feaa0c55ad015"
      }
    },
    "api": {
      "type": "openapi",
      "url": "https://api.example.com/openapi.json"
    },
    "logo_url": "https://example.com/logo.png",
    "contact_email": "support@example.com",
    "legal_info_url": "https://example.com/legal"
  }

  """

private let urlForm = "is not a URL; write https://HOST/PATH"

/// What stands in place of what in the sound one, and all that is found then.
let brokenManifests: [(old: String, new: String, findings: [String])] = [
  // A field that is missing.
  ("\"schema_version\": \"v1\",", "", ["1:1: error: \"schema_version\" is missing: \"v1\""]),
  (
    "\"name_for_model\": \"todo_list\",", "",
    ["1:1: error: \"name_for_model\" is missing: the name for models, as in todo_list"]
  ),
  (
    "\"name_for_human\": \"To-do list\",", "",
    ["1:1: error: \"name_for_human\" is missing: the name for users"]
  ),
  (
    "\"description_for_model\": \"Adds, reads and removes entries.\",", "",
    ["1:1: error: \"description_for_model\" is missing: the description for models"]
  ),
  (
    "\"description_for_human\": \"Keeps your to-do list.\",", "",
    ["1:1: error: \"description_for_human\" is missing: the description for users"]
  ),
  (
    "\"logo_url\": \"https://example.com/logo.png\",", "",
    ["1:1: error: \"logo_url\" is missing: the URL of the logo"]
  ),
  (
    "\"contact_email\": \"support@example.com\",", "",
    ["1:1: error: \"contact_email\" is missing: the contact's mail address"]
  ),
  (
    ",\n  \"legal_info_url\": \"https://example.com/legal\"", "",
    ["1:1: error: \"legal_info_url\" is missing: the URL of the terms"]
  ),
  ("\"type\": \"service_http\",", "", ["7:11: error: \"type\" is missing: \"service_http\""]),
  ("\"authorization_type\": \"bearer\",", "", ["7:11: error: \"authorization_type\" is missing: \"bearer\""]),
  ("\"type\": \"openapi\",", "", ["15:10: error: \"type\" is missing: \"openapi\""]),
  (
    ",\n    \"url\": \"https://api.example.com/openapi.json\"", "",
    ["15:10: error: \"url\" is missing: the URL of the OpenAPI file"]
  ),
  // A name with a slip in it.
  ("\"auth\"", "\"auht\"", ["7:3: error: \"auht\" is unknown; did you mean \"auth\"?"]),
  ("\"api\"", "\"apis\"", ["15:3: error: \"apis\" is unknown; did you mean \"api\"?"]),
  (
    "\"verification_tokens\"", "\"verification_token\"",
    ["10:5: error: \"verification_token\" is unknown; did you mean \"verification_tokens\"?"]
  ),
  (
    "\"logo_url\":", "\"logo_uri\": \"x\",\n  \"logo_url\":",
    ["19:3: warning: \"logo_uri\" is unknown, and \"logo_url\" exists too"]
  ),
  // A value of the wrong kind.
  ("\"v1\"", "1", ["2:21: error: \"schema_version\" must be a string, not a number"]),
  ("\"v1\"", "\"v2\"", ["2:21: error: \"schema_version\" must be \"v1\""]),
  ("\"todo_list\"", "null", ["3:21: error: \"name_for_model\" must be a string, not null"]),
  (
    "\"To-do list\"", "[\"To-do list\"]",
    ["4:21: error: \"name_for_human\" must be a string, not an array"]
  ),
  ("\"To-do list\"", "\"  \"", ["4:21: error: \"name_for_human\" is empty; write the name for users"]),
  (
    "\"url\": \"https://api.example.com/openapi.json\"",
    "\"url\": \"https://api.example.com/openapi.json\", \"is_user_authenticated\": \"no\"",
    ["17:77: error: \"is_user_authenticated\" must be true or false, not a string"]
  ),
  // Names and lengths.
  (
    "\"todo_list\"", "\"todo list\"",
    ["3:21: error: \"name_for_model\" must be letters, digits and _ only"]
  ),
  ("\"todo_list\"", "\"todö\"", ["3:21: error: \"name_for_model\" must be letters, digits and _ only"]),
  (
    "todo_list", String(repeating: "a", count: 51),
    ["3:21: warning: \"name_for_model\" has 51 characters; at most 50 are allowed"]
  ),
  (
    "To-do list", "To-do list of all of us",
    ["4:21: warning: \"name_for_human\" has 23 characters; at most 20 are allowed"]
  ),
  (
    "Adds, reads", String(repeating: "é", count: 8000),
    ["5:28: warning: \"description_for_model\" has 8021 characters; at most 8000 are allowed"]
  ),
  (
    "Keeps your", String(repeating: "ä", count: 90),
    ["6:28: warning: \"description_for_human\" has 102 characters; at most 100 are allowed"]
  ),
  // Who comes in.
  (
    "\"service_http\"", "\"service_htp\"",
    [
      "8:13: error: \"type\" of \"auth\" must be one of none, user_http, service_http, oauth; did you mean \"service_http\"?"
    ]
  ),
  (
    "\"service_http\"", "\"jwt\"",
    ["8:13: error: \"type\" of \"auth\" must be one of none, user_http, service_http, oauth"]
  ),
  ("\"bearer\"", "\"Bearer\"", ["9:27: error: \"authorization_type\" must be \"bearer\" or \"basic\""]),
  (
    "\"service_http\"", "\"oauth\"",
    [
      "7:11: error: \"client_url\" is missing: the login URL",
      "7:11: error: \"authorization_url\" is missing: the token URL",
    ]
  ),
  (
    "\"authorization_type\": \"bearer\"", "\"authorization_type\": \"bearer\", \"Token\": \"9f1b\"",
    [
      "9:37: error: \"Token\": a secret in a manifest is public; paste the token into the application, and "
        + "revoke the one here"
    ]
  ),
  // What applications issued.
  (
    "\"b5fd91a1e05a4f12a9f4a5b1b1c39b8d\"", "\"your-verification-token\"",
    [
      "11:17: warning: openai is not registered yet: this is a placeholder; when it has issued its verification "
        + "token, run: bearerd manifest verify openai VALUE"
    ]
  ),
  (
    "\"9f86d081884c7d659a2feaa0c55ad015\"", "\"\"",
    [
      "12:24: warning: other_service is not registered yet: this is a placeholder; when it has issued its "
        + "verification token, run: bearerd manifest verify other_service VALUE"
    ]
  ),
  (
    "9f86d081884c7d659a2feaa0c55ad015", "9f86d081 884c7d65",
    ["12:24: error: a verification token must not contain spaces; paste it as issued"]
  ),
  (
    "\"9f86d081884c7d659a2feaa0c55ad015\"", "12",
    ["12:24: error: a verification token must be a string, not a number"]
  ),
  (
    "9f86d081884c7d659a2feaa0c55ad015", "b5fd91a1e05a4f12a9f4a5b1b1c39b8d",
    ["12:24: warning: openai has the same verification token; each application issues its own"]
  ),
  (
    "\"other_service\"", "\"Other Service\"",
    [
      "12:7: warning: unusual application name; use 1 to 63 of a-z, 0-9, dot, hyphen and underscore, "
        + "beginning with a letter or digit"
    ]
  ),
  // Where things are.
  ("\"openapi\"", "\"swagger\"", ["16:13: error: \"type\" of \"api\" must be \"openapi\""]),
  ("\"https://api.example.com/openapi.json\"", "\"/openapi.json\"", ["17:12: error: \"url\" \(urlForm)"]),
  (
    "https://api.example.com/", "https://admin:pw@api.example.com/",
    ["17:12: error: \"url\" contains a user name or password; remove it: others could read it"]
  ),
  (
    "https://api.example.com/", "http://api.example.com/",
    ["17:12: warning: \"url\" is not encrypted; use https://"]
  ),
  (
    "https://api.example.com/", "https://api.example.com:99999/",
    ["17:12: error: \"url\" needs a port from 1 to 65535 after its host"]
  ),
  (
    "https://example.com/logo.png", "https:///logo.png",
    ["19:15: error: \"logo_url\" has no host; write https://HOST/PATH"]
  ),
  (
    "https://example.com/logo.png", "https://example.com/my logo.png",
    ["19:15: error: \"logo_url\" contains a character that must be percent-encoded"]
  ),
  (
    "https://example.com/legal", "legal@example.com",
    ["21:21: error: \"legal_info_url\" is a mail address; use https://HOST/PATH"]
  ),
  (
    "https://example.com/legal", "https://example.org/legal",
    [
      "21:21: error: \"legal_info_url\" is on example.org, but the API is on api.example.com; use a URL on "
        + "example.com or a subdomain"
    ]
  ),
  (
    "support@example.com", "Support <support@example.com>",
    ["20:20: error: \"contact_email\" is not a mail address; write NAME@HOST only"]
  ),
  (
    "support@example.com", "https://example.com/contact",
    ["20:20: error: \"contact_email\" is not a mail address; write NAME@HOST only"]
  ),
  // The text itself.
  (
    "\"contact_email\":", "\"name_for_human\": \"x\",\n  \"contact_email\":",
    [
      "20:3: error: duplicate name; parsers differ in which of the two they use"
    ]
  ),
  (
    "\"https://example.com/legal\"\n", "\"https://example.com/legal\",\n",
    ["22:1: error: a trailing comma; remove the one before this"]
  ),
  ("\"v1\",", "\"v1\", // the only one", ["2:27: error: JSON has no comments; remove this"]),
  ("\"v1\",", "\"v1\"", ["3:3: error: a comma is missing before this"]),
  (
    "todo_list\"", "todo_list",
    ["3:32: error: a string must end on its line; write \\n for a line end"]
  ),
  (soundManifest, "", ["1:1: error: the file is empty"]),
  (
    soundManifest, "<!doctype html>",
    ["1:1: error: not a JSON value; use a text in double quotes, a number, true, false or null"]
  ),
  (soundManifest, "[]", ["1:1: error: a manifest must be an object, not an array"]),
  // Two at once, in the order of the file.
  (
    "\"b5fd91a1e05a4f12a9f4a5b1b1c39b8d\"", "5, \"x\": true",
    [
      "11:17: error: a verification token must be a string, not a number",
      "11:25: error: a verification token must be a string, not a boolean",
    ]
  ),
]
