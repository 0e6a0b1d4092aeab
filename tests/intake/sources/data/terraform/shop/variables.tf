variable "project" {
  type    = string
  default = "shop"
}

variable "stage" {
  type = string
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "copies" {
  type    = map(string)
  default = { "eu-central-1" = "eu-north-1", "us-east-1" = "us-west-2" }
}

variable "cart_regions" {
  type    = list(string)
  default = []
}

variable "password" {
  type      = string
  sensitive = true
  default   = "correct horse battery staple"
}

variable "has_extra" {
  type    = bool
  default = false
}
