import BearerdService
import ServiceManifest

/// A manifest that is to be written.
struct ManifestDraft {
  var site: WebURL
  var nameForHuman: String
  var nameForModel: String
  var descriptionForHuman: String
  var descriptionForModel: String
  var contactEmail: String
  var apiURL: String
  var logoURL: String
  var legalInfoURL: String
  var applications: [String]

  var text: String {
    let tokens = applications.map { name in
      "      \(JSON.string(name)): \(JSON.string(VerificationToken.placeholder(for: name)))"
    }
    return """
      {
        "schema_version": "v1",
        "name_for_human": \(JSON.string(nameForHuman)),
        "name_for_model": \(JSON.string(nameForModel)),
        "description_for_human": \(JSON.string(descriptionForHuman)),
        "description_for_model": \(JSON.string(descriptionForModel)),
        "auth": {
          "type": "service_http",
          "authorization_type": "bearer",
          "verification_tokens": {
      \(tokens.joined(separator: ",\n"))
          }
        },
        "api": {
          "type": "openapi",
          "url": \(JSON.string(absolute(apiURL)))
        },
        "logo_url": \(JSON.string(absolute(logoURL))),
        "contact_email": \(JSON.string(contactEmail)),
        "legal_info_url": \(JSON.string(absolute(legalInfoURL)))
      }

      """
  }

  /// A path is one of the site; all else stays as it is, for the check to judge.
  private func absolute(_ reference: String) -> String {
    reference.hasPrefix("/") ? site.origin + reference : reference
  }
}
