variable "name" {}
variable "sink" {}

resource "aws_kinesis_firehose_delivery_stream" "late" {
  name        = "${var.name}-late"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = "arn:aws:iam::111122223333:role/late"
    bucket_arn = var.sink
  }
}
